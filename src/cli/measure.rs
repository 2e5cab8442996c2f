//! `bfllvm measure`, hidden: compiles and runs one candidate of `bfllvm compare`, in a process of its own.
//!
//! It reads the program's name, the program and its input from standard input, each behind its length, compiles, and answers
//! with a line of JSON. Then it does what each further line asks for, `run` or `count`, and answers again. Bytes follow
//! an answer that says how many. Standard input's end is the end.

use std::io::{BufRead as _, Read as _, StdinLock, Write as _};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use bfllvm::ir::Program;
use bfllvm::llvm::emit::{self, DebugInfo, Form, Request};
use bfllvm::llvm::executable::ExecutableIo;
use bfllvm::llvm::loader::{self, Llvm};
use bfllvm::runtime::console::{Console, Feed, Sink, Transcript};
use bfllvm::runtime::execute::{ReferenceLimits, interpret};
use bfllvm::runtime::{End, Limits};
use bfllvm::source::Source;
use serde_json::{Value, json};

use super::args::MeasureArgs;
use super::front::Checked;
use super::run::{Jit, compile};
use super::status::Status;

/// A run is cut off after so much output, in bytes.
const MAX_OUTPUT: u64 = 64 << 20;

/// Operations are counted up to here: some seconds.
const MAX_COUNTED: u64 = 200_000_000;

pub fn measure(args: &MeasureArgs) -> Result<Status> {
    let mut orders = std::io::stdin().lock();
    if let Err(error) = serve(args, &mut orders) {
        answer(&json!({ "failed": format!("{error:#}") }), &[])?;
    }
    Ok(Status::Success)
}

fn serve(args: &MeasureArgs, orders: &mut StdinLock<'_>) -> Result<()> {
    let name = String::from_utf8_lossy(&block(orders)?).into_owned();
    let source = Source::new(name, block(orders)?)?;
    let input = block(orders)?;
    let checked = Checked::again(source, &args.dialect);
    let llvm = loader::load()?;
    let clock = Instant::now();
    let program = checked.optimized(args.level)?;
    let ours = clock.elapsed();
    compile(llvm, &program, &checked, args.level, DebugInfo::None, |jit| {
        let code_bytes = code_bytes(llvm, &program, &checked, args)?;
        let (times, figures) = (jit.code.times, jit.code.figures);
        let compiled = json!({
            "ops": program.ops.len(),
            "instructions": figures.instructions,
            "blocks": figures.blocks,
            "loads": figures.loads,
            "stores": figures.stores,
            "code_bytes": code_bytes,
            "ours": nanoseconds(ours),
            "lowering": nanoseconds(times.lower),
            "passes": nanoseconds(times.passes),
            "codegen": nanoseconds(times.codegen),
        });
        answer(&compiled, &[])?;
        obey(args, orders, &jit, &program, &checked, &input)
    })?
}

/// Does what is asked for, until nothing is.
fn obey(
    args: &MeasureArgs,
    orders: &mut StdinLock<'_>,
    jit: &Jit<'_>,
    program: &Program,
    checked: &Checked,
    input: &[u8],
) -> Result<()> {
    let limits = Limits { time: args.timeout };
    let mut first: Option<Vec<u8>> = None;
    let mut order = String::new();
    while orders.read_line(&mut order)? > 0 {
        match order.trim_end() {
            "run" => {
                let sink = Sink::Memory(Vec::new());
                let clock = Instant::now();
                let (end, Transcript { output, .. }) = jit.run(console(input, sink), &limits)?;
                let time = nanoseconds(clock.elapsed());
                let is_same = first.as_ref().is_none_or(|first| *first == output);
                let bytes = if first.is_none() { &output[..] } else { &[] };
                let finish = finish(&end)?;
                answer(&json!({ "time": time, "finish": finish, "is_same": is_same, "bytes": bytes.len() }), bytes)?;
                first.get_or_insert(output);
            }
            "count" => {
                let place = |op: usize| checked.source.position(program.ops[op].span.start);
                let limits = ReferenceLimits { run: Limits { time: args.timeout }, steps: Some(MAX_COUNTED) };
                let console = console(input, Sink::Nowhere);
                let (end, _, steps) = interpret(program, &place, &checked.dialect, console, &limits)?;
                let is_cut = finish(&end)? == "cut-off";
                answer(&json!({ "steps": steps, "is_cut": is_cut }), &[])?;
            }
            other => bail!("`{other}` is no order"),
        }
        order.clear();
    }
    Ok(())
}

fn console(input: &[u8], sink: Sink) -> Console {
    Console::new(Feed::Memory(input.to_vec()), sink, Some(MAX_OUTPUT))
}

/// How a run ended, as far as levels may be compared by it.
fn finish(end: &End) -> Result<&'static str> {
    Ok(match end {
        End::Finished => "ended",
        End::TapeFault(_) => "faulted",
        End::Timeout | End::OutputLimit | End::StepLimit => "cut-off",
        End::Signal(signal) => bail!("stopped by signal {signal}"),
        End::StackOverflow => bail!("the program's loops nest too deep for compiled code"),
        End::OutOfMemory => bail!("there is no memory for the tape"),
        End::BrokenPipe | End::OutputError(_) | End::InputError(_) => {
            unreachable!("input and output in memory: {end:?}")
        }
    })
}

/// The size of the program's own functions, without run-time support, in an object file.
fn code_bytes(llvm: Llvm, program: &Program, checked: &Checked, args: &MeasureArgs) -> Result<u64> {
    let io = ExecutableIo::Extern;
    let request =
        Request { form: Form::Object, level: args.level, dialect: checked.dialect, io, debug: DebugInfo::None };
    let object = emit::emit(llvm, program, &checked.source, &request)?;
    Ok(emit::code_bytes(llvm, &object.bytes)?)
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Reads bytes behind their number, a little-endian u64.
pub fn block(orders: &mut StdinLock<'_>) -> Result<Vec<u8>> {
    let mut length = [0; 8];
    orders
        .read_exact(&mut length)
        .context("another process of bfllvm starts this command; it is not meant for people")?;
    let length = u64::from_le_bytes(length);
    let mut bytes = Vec::new();
    orders.take(length).read_to_end(&mut bytes)?;
    anyhow::ensure!(bytes.len() as u64 == length, "what there is to measure is incomplete");
    Ok(bytes)
}

/// The bytes of [`block`].
pub fn framed(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u64).to_le_bytes(), bytes].concat()
}

pub fn answer(value: &Value, bytes: &[u8]) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{value}")?;
    stdout.write_all(bytes)?;
    Ok(stdout.flush()?)
}
