//! `bfllvm loops`, hidden: compiles loops for another process of bfllvm, in which they run.
//!
//! It reads the program's name and the program from standard input, each behind its length, opens LLVM, and answers with a line of
//! JSON. Then it compiles the loops of each order, which is what [`decode`] takes, each behind its length, and answers again, with
//! an object file behind the answer. An answer with `failed` is the last one, one with `rejected` is about these loops.

use std::io::{BufRead as _, StdinLock};

use anyhow::{Error, Result};
use bfllvm::dialect::Dialect;
use bfllvm::engine::llvm::{STACK_BYTES, check_room};
use bfllvm::engine::remote::{Object, decode};
use bfllvm::llvm::emit::emit_loops;
use bfllvm::llvm::loader::Llvm;
use bfllvm::runtime::{prepare_to_serve, thread_time};
use bfllvm::source::Source;
use serde_json::json;

use super::args::LoopsArgs;
use super::llvm;
use super::measure::{answer, block, nanoseconds};
use super::status::Status;

pub fn loops(args: &LoopsArgs) -> Result<Status> {
    prepare_to_serve();
    if let Err(error) = serve_with_room(args) {
        answer(&json!({ "failed": format!("{error:#}") }), &[])?;
    }
    Ok(Status::Success)
}

fn serve_with_room(args: &LoopsArgs) -> Result<()> {
    check_room().map_err(Error::msg)?;
    std::thread::scope(|scope| {
        let serve = || serve(args, &mut std::io::stdin().lock());
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, serve)?;
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn serve(args: &LoopsArgs, orders: &mut StdinLock<'_>) -> Result<()> {
    let name = String::from_utf8_lossy(&block(orders)?).into_owned();
    let source = Source::new(name, block(orders)?)?;
    let dialect = args.dialect.dialect();
    let llvm = llvm::open_in_worker("failed")?;
    answer(&json!({ "ready": true }), &[])?;
    while !orders.fill_buf()?.is_empty() {
        let (text, spans) = (block(orders)?, block(orders)?);
        match compile(llvm, &text, &spans, &source, &dialect, args) {
            Ok(Object { bytes, instructions, time }) => {
                let (length, time) = (bytes.len(), nanoseconds(time));
                answer(&json!({ "bytes": length, "instructions": instructions, "time": time }), &bytes)?;
            }
            Err(why) => answer(&json!({ "rejected": why }), &[])?,
        }
    }
    Ok(())
}

fn compile(
    llvm: Llvm,
    text: &[u8],
    spans: &[u8],
    source: &Source,
    dialect: &Dialect,
    args: &LoopsArgs,
) -> Result<Object, String> {
    let before = thread_time();
    let loops = decode(text, spans)?;
    let (bytes, instructions) =
        emit_loops(llvm, &loops, source, dialect, args.level).map_err(|error| error.to_string())?;
    Ok(Object { bytes, instructions, time: thread_time() - before })
}
