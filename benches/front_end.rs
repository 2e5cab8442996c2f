//! Throughput of the front end: parsing and our passes, in megabytes of source a second.
//!
//! `cargo bench --bench front_end [-- FILE...]` times the files, or generated programs where none are named. Each row
//! is the median of some rounds; a pass is timed each time it runs, with what came out of it.

use std::time::Duration;

use bfllvm::dialect::CellWidth;
use bfllvm::level::{Level, Start};
use bfllvm::parse::{Bang, Hash, Options, parse};
use bfllvm::source::Source;

/// How often each program is compiled.
const ROUNDS: usize = 5;

/// The size of a generated program, in bytes.
const GENERATED_BYTES: usize = 50_000_000;

fn main() {
    let files: Vec<_> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    if files.is_empty() {
        for (name, bytes) in generated() {
            measure(name, bytes);
        }
    }
    for file in files {
        measure(&file, std::fs::read(&file).unwrap());
    }
}

/// Programs of the kinds that people and compilers write, and worse ones.
fn generated() -> Vec<(&'static str, Vec<u8>)> {
    let comment = b"+> counts here\n++[->+<] and so on: some words between the commands\n>>+<";
    vec![
        ("additions", b"+>".repeat(GENERATED_BYTES / 2)),
        ("clears", b"[-]>".repeat(GENERATED_BYTES / 4)),
        ("commented", comment.repeat(GENERATED_BYTES / comment.len())),
        ("random", random()),
        ("compiled", compiled()),
    ]
}

/// A linear congruential generator: the same programs every time.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// Commands by chance, their brackets matched.
fn random() -> Vec<u8> {
    let mut random = Random(1);
    let mut code = Vec::with_capacity(GENERATED_BYTES);
    let mut depth = 0u64;
    while code.len() + (depth as usize) < GENERATED_BYTES {
        let command = b"+-<>.,[]"[random.below(8) as usize];
        match command {
            b'[' if depth < 100 => depth += 1,
            b']' if depth > 0 => depth -= 1,
            b'[' | b']' => continue,
            _ => {}
        }
        code.push(command);
    }
    code.resize(code.len() + depth as usize, b']');
    code
}

/// What compilers to BF write: variables far apart, copied back and forth, and loops around all that.
fn compiled() -> Vec<u8> {
    let mut random = Random(2);
    let mut code = vec![b','];
    let mut depth = 0;
    while code.len() < GENERATED_BYTES {
        let distance = random.below(40) as usize + 1;
        let (there, back) = (">".repeat(distance), "<".repeat(distance));
        match random.below(8) {
            0 | 1 => {
                code.extend(format!("{there}[-]{back}[-{there}+>+<{back}]{there}>[-<{back}+{there}>]<{back}").bytes())
            }
            2 => code.extend(format!("{there}[-]++++++++{back}").bytes()),
            3 => code.extend(format!("{there}[-{back}+{there}]{back}").bytes()),
            4 => code.extend(format!("{there}.{back}").bytes()),
            5 => code.extend(there.bytes()),
            6 if depth < 20 => {
                depth += 1;
                code.extend(b"[[-]>");
            }
            _ if depth > 0 => {
                depth -= 1;
                code.extend(b"<]");
            }
            _ => code.extend(back.bytes()),
        }
    }
    code.extend("]".repeat(depth).bytes());
    code
}

/// Measures the processor's time, which other programs do not disturb as much as the wall clock's.
struct Clock(Duration);

impl Clock {
    fn start() -> Clock {
        Clock(Clock::now())
    }

    fn elapsed(&self) -> Duration {
        Clock::now() - self.0
    }

    fn now() -> Duration {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: the pointer is to a whole `timespec`.
        let status = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
        assert_eq!(status, 0);
        Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
    }
}

/// One step of the front end in one round.
struct Step {
    name: &'static str,
    time: Duration,
    ops: usize,
}

fn compile(source: &Source) -> Vec<Step> {
    let row = Level::O2.row();
    let options =
        Options { width: CellWidth::W8, granularity: row.granularity, hash: Hash::Comment, bang: Bang::Comment };
    let mut steps = Vec::new();
    let start = Clock::start();
    let mut program = parse(source, &options).unwrap().program;
    steps.push(Step { name: "parse", time: start.elapsed(), ops: program.ops.len() });
    for pass in row.level.passes(Start::Ahead) {
        let start = Clock::start();
        program = pass.apply(program);
        steps.push(Step { name: pass.name, time: start.elapsed(), ops: program.ops.len() });
    }
    let start = Clock::start();
    drop(program);
    steps.push(Step { name: "drop", time: start.elapsed(), ops: 0 });
    steps
}

fn measure(name: &str, bytes: Vec<u8>) {
    let megabytes = bytes.len() as f64 / 1e6;
    let source = Source::new(name, bytes).unwrap();
    let rounds: Vec<_> = (0..ROUNDS).map(|_| compile(&source)).collect();
    let total = median(rounds.iter().map(|steps| steps.iter().map(|step| step.time).sum()).collect());
    println!("{name}: {megabytes:.1} MB, {:.1} MB/s", megabytes / total.as_secs_f64());
    for (index, step) in rounds[0].iter().enumerate() {
        let time = median(rounds.iter().map(|steps| steps[index].time).collect());
        println!("  {:<10} {:9.3} ms {:10} ops", step.name, time.as_secs_f64() * 1e3, step.ops);
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
