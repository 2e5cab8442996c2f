//! LLVM in a [worker](super::worker), which compiles loops for a program that runs in this process.

use std::sync::Arc;

use bfllvm::dialect::Dialect;
use bfllvm::engine::remote::{Connect, Object, ObjectCompiler, encode};
use bfllvm::ir::Program;
use bfllvm::level::Level;
use bfllvm::source::Source;

use super::args::DialectArgs;
use super::measure::framed;
use super::worker::{Said, Worker, nanoseconds, number};

/// Starts a worker for loops of the program in `source`.
pub fn connect(source: Arc<Source>, dialect: Dialect, level: Level) -> Box<Connect> {
    Box::new(move || {
        let words = ["loops".into(), level.to_string()].into_iter().chain(DialectArgs::of(&dialect).words());
        let mut worker = Worker::start(words, Said::Kept).map_err(|error| format!("{error:#}"))?;
        let program = [framed(source.name().as_bytes()), framed(source.bytes())].concat();
        // Its answer is that LLVM is open.
        worker.ask(&program, None).map_err(|failure| failure.to_string())?;
        Ok(Box::new(LoopWorker(worker)))
    })
}

struct LoopWorker(Worker);

impl ObjectCompiler for LoopWorker {
    fn compile(&mut self, loops: &Program) -> Result<Object, String> {
        let (text, spans) = encode(loops);
        let answer = self.0.ask(&[framed(&text), framed(&spans)].concat(), None);
        let (answer, bytes) = answer.map_err(|failure| failure.to_string())?;
        if let Some(why) = answer["rejected"].as_str() {
            return Err(why.to_owned());
        }
        let instructions = number(&answer["instructions"]) as usize;
        Ok(Object { bytes, instructions, time: nanoseconds(&answer["time"]) })
    }
}
