//! `--time-passes`: where the time of the command went.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use bfllvm::llvm::Times;
use bfllvm::llvm::loader::Llvm;
use bfllvm::llvm::timing::PassTimers;
use bfllvm::report::timing::Timing;

use super::llvm;
use super::messages::Messages;

/// Keeps the times of the steps, and says them at the end if that is wanted.
pub struct Stopwatch {
    begin: Instant,
    is_wanted: bool,
    pub timing: Timing,
    timers: Option<&'static PassTimers>,
    /// How long opening LLVM took.
    pub opening: Duration,
}

impl Stopwatch {
    /// Starts it; `is_wanted` says whether anybody is to hear of it.
    pub fn start(is_wanted: bool) -> Stopwatch {
        let (timing, begin) = (Timing::default(), Instant::now());
        Stopwatch { begin, is_wanted, timing, timers: None, opening: Duration::ZERO }
    }

    /// Opens LLVM, and lets it time its passes if that is wanted.
    pub fn open_llvm(&mut self, messages: &Messages) -> Result<Llvm> {
        let clock = Instant::now();
        let llvm = llvm::open(messages)?;
        if self.is_wanted {
            self.timers = Some(PassTimers::start(llvm).context("cannot time LLVM's passes")?);
        }
        self.opening = clock.elapsed();
        self.timing.step("opening LLVM", self.opening);
        Ok(llvm)
    }

    /// Notes the steps of LLVM.
    pub fn llvm_steps(&mut self, times: &Times) -> Result<()> {
        let passes =
            self.timers.map(PassTimers::times).transpose().context("cannot read the times of LLVM's passes")?;
        self.timing.step("lowering", times.lower);
        let passes = passes.into_iter().flatten().map(|pass| (pass.name, pass.time));
        self.timing.llvm_passes(times.passes, passes);
        self.timing.step("code generation", times.codegen);
        Ok(())
    }

    /// Notes the step `name`, which is what `work` does.
    pub fn step<T>(&mut self, name: &'static str, work: impl FnOnce() -> T) -> T {
        let clock = Instant::now();
        let result = work();
        self.timing.step(name, clock.elapsed());
        result
    }

    /// Says where the time went since the start.
    pub fn report(&self, messages: &Messages) {
        if self.is_wanted {
            messages.text(&self.timing.table(self.begin.elapsed()));
        }
    }
}
