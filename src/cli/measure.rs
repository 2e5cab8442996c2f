//! `bfllvm measure`, hidden: compiles and runs one candidate of `bfllvm compare`, in a process of its own.
//!
//! It reads the program's name, the program and its input from standard input, each behind its length, compiles, and answers
//! with a line of JSON. Then it does what each further line asks for, `run` or `count`, and answers again. Bytes follow
//! an answer that says how many. Standard input's end is the end.

use std::io::{BufRead as _, Read as _, StdinLock, Write as _};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use bfllvm::engine::policy::Policy;
use bfllvm::ir::Program;
use bfllvm::level::Start;
use bfllvm::llvm::emit::{self, DebugInfo, Form, Request};
use bfllvm::llvm::executable::ExecutableIo;
use bfllvm::llvm::loader::Llvm;
use bfllvm::report::compare::Finish;
use bfllvm::runtime::console::{Console, Feed, Sink, Transcript};
use bfllvm::runtime::execute::{ReferenceLimits, interpret};
use bfllvm::runtime::{End, Limits};
use bfllvm::source::Source;
use serde_json::{Value, json};

use super::args::{Engine, MeasureArgs};
use super::code::{AtOnce, Making, compile};
use super::front::Checked;
use super::llvm;
use super::status::Status;
use super::tools::Tools;

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
    let policy = match args.engine {
        Engine::Tiered => Policy::default(),
        Engine::Baseline | Engine::Llvm | Engine::Reference => Policy::never(),
    };
    let start = match args.engine {
        Engine::Llvm | Engine::Reference => Start::Ahead,
        Engine::Tiered | Engine::Baseline => checked.start_of_code(&policy)?,
    };
    let clock = Instant::now();
    let program = checked.optimized(args.level, start)?;
    let mut compiled = json!({ "ops": program.ops.len(), "ours": nanoseconds(clock.elapsed()) });
    let job = Job { args, program: &program, start, policy, checked: &checked, input: &input };
    match args.engine {
        Engine::Llvm => measure_llvm(&job, compiled, orders),
        Engine::Reference => {
            answer(&compiled, &[])?;
            obey(&job, orders, &mut |console| {
                let clock = Instant::now();
                let (end, transcript, _) = job.interpret(console, None)?;
                Ok((clock.elapsed(), end, transcript))
            })
        }
        Engine::Tiered | Engine::Baseline => {
            let clock = Instant::now();
            let code = job.at_once()?;
            compiled["codegen"] = nanoseconds(clock.elapsed()).into();
            compiled["code_bytes"] = code.figures().bytes.into();
            answer(&compiled, &[])?;
            let mut code = Some(code);
            obey(&job, orders, &mut |console| {
                // Code in which loops were taken over is used up.
                let code = code.take().map_or_else(|| job.at_once(), Ok)?;
                let clock = Instant::now();
                let (end, transcript) = code.run(console, &job.limits())?;
                let time = clock.elapsed();
                match code.report().failure {
                    None => Ok((time, end, transcript)),
                    Some(why) => bail!("nothing was compiled by LLVM: {why}"),
                }
            })
        }
    }
}

fn measure_llvm(job: &Job<'_>, mut compiled: Value, orders: &mut StdinLock<'_>) -> Result<()> {
    let Job { args, program, checked, .. } = job;
    let llvm = llvm::open_in_worker("failed")?;
    compile(llvm, program, checked, args.level, &Tools::default(), |jit| {
        let (times, figures) = (jit.code.times, jit.code.figures);
        compiled["llvm"] = json!({
            "instructions": figures.instructions,
            "blocks": figures.blocks,
            "loads": figures.loads,
            "stores": figures.stores,
            "lowering": nanoseconds(times.lower),
            "passes": nanoseconds(times.passes),
        });
        compiled["code_bytes"] = code_bytes(llvm, job)?.into();
        compiled["codegen"] = nanoseconds(times.codegen).into();
        answer(&compiled, &[])?;
        obey(job, orders, &mut |console| {
            let clock = Instant::now();
            let (end, transcript) = jit.run(console, &job.limits())?;
            Ok((clock.elapsed(), end, transcript))
        })
    })?
}

/// What there is to measure.
struct Job<'a> {
    args: &'a MeasureArgs,
    program: &'a Program,
    start: Start,
    policy: Policy,
    checked: &'a Checked,
    input: &'a [u8],
}

impl<'a> Job<'a> {
    fn limits(&self) -> Limits {
        Limits { time: self.args.timeout }
    }

    fn interpret(&self, console: Console, steps: Option<u64>) -> Result<(End, Transcript, u64)> {
        let place = |op: usize| self.checked.source.position(self.program.ops[op].span.start);
        let limits = ReferenceLimits { run: self.limits(), steps };
        Ok(interpret(self.program, &place, &self.checked.dialect, console, &limits)?)
    }

    /// The program as code that runs at once.
    fn at_once(&self) -> Result<AtOnce<'a>> {
        let (program, level) = (self.program.clone(), self.args.level);
        // All of the code, since its making is measured too.
        AtOnce::compile(program, self.checked, level, self.start, Making::Whole, &Tools::default(), self.policy)
    }
}

/// Runs the program on a console; how long that took, and what came of it.
type Run<'a> = dyn FnMut(Console) -> Result<(Duration, End, Transcript)> + 'a;

/// Does what is asked for, until nothing is.
fn obey(job: &Job<'_>, orders: &mut StdinLock<'_>, run: &mut Run<'_>) -> Result<()> {
    let mut first: Option<Vec<u8>> = None;
    let mut order = String::new();
    while orders.read_line(&mut order)? > 0 {
        match order.trim_end() {
            "run" => {
                let (time, end, Transcript { output, .. }) = run(console(job.input, Sink::Memory(Vec::new())))?;
                let (time, finish) = (nanoseconds(time), finish(&end)?.name());
                let is_same = first.as_ref().is_none_or(|first| *first == output);
                let bytes = if first.is_none() { &output[..] } else { &[] };
                answer(&json!({ "time": time, "finish": finish, "is_same": is_same, "bytes": bytes.len() }), bytes)?;
                first.get_or_insert(output);
            }
            "count" => {
                let (end, _, steps) = job.interpret(console(job.input, Sink::Nowhere), Some(MAX_COUNTED))?;
                let is_cut = finish(&end)? == Finish::CutOff;
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
fn finish(end: &End) -> Result<Finish> {
    Ok(match end {
        End::Finished => Finish::Ended,
        End::TapeFault(_) => Finish::Faulted,
        End::Timeout | End::OutputLimit | End::StepLimit => Finish::CutOff,
        End::Signal(signal) => bail!("stopped by signal {signal}"),
        End::StackOverflow => bail!("the program's loops nest too deep for compiled code"),
        End::OutOfMemory => bail!("there is no memory for the tape"),
        End::NoCode(why) => bail!("{why}"),
        End::BrokenPipe | End::OutputError(_) | End::InputError(_) => {
            unreachable!("input and output in memory: {end:?}")
        }
    })
}

/// The size of the program's own functions, without run-time support, in an object file.
fn code_bytes(llvm: Llvm, job: &Job<'_>) -> Result<u64> {
    let Job { args, program, checked, .. } = job;
    let io = ExecutableIo::Extern;
    let request =
        Request { form: Form::Object, level: args.level, dialect: checked.dialect, io, debug: DebugInfo::None };
    let object = emit::emit(llvm, program, &checked.source, &request)?;
    Ok(emit::code_bytes(llvm, &object.bytes)?)
}

/// What [`super::worker::nanoseconds`] reads.
pub fn nanoseconds(time: Duration) -> u64 {
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
