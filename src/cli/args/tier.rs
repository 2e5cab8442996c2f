//! What may be said about the tiered engine's policy.

use std::time::Duration;

use bfllvm::baseline::chunks::CHUNK_OPS;
use bfllvm::engine::policy::{Policy, trial_time};
use clap::Args;

// For experiments and tests: the numbers of the tiered engine's policy. No documentation: see `DialectArgs`.
#[derive(Debug, Default, Args)]
pub struct TierArgs {
    /// How often a loop's head is passed before the loop is hot; 0: compile every loop at once, and wait
    #[arg(long, value_name = "PASSAGES", hide = true)]
    pub tier_threshold: Option<u32>,
    /// Compile nothing before, in milliseconds from the start
    #[arg(long, value_name = "MILLISECONDS", hide = true)]
    pub tier_delay: Option<u64>,
    /// Up to how many operations the loop around a hot one is preferred to it
    #[arg(long, value_name = "OPERATIONS", hide = true)]
    pub tier_small: Option<u32>,
    /// Up to how many operations a loop is compiled
    #[arg(long, value_name = "OPERATIONS", hide = true)]
    pub tier_large: Option<u32>,
    /// Compile loops at passages chosen at random, and wait
    #[arg(long, value_name = "SEED", hide = true)]
    pub tier_seed: Option<u64>,
    /// About how many operations of a large program become code together
    #[arg(long, value_name = "OPERATIONS", hide = true, value_parser = clap::value_parser!(u32).range(1..=1 << 20))]
    pub tier_chunk: Option<u32>,
    /// How long the program is tried out before all passes are done, in microseconds; 0: not at all
    #[arg(long, value_name = "MICROSECONDS", hide = true)]
    pub tier_trial: Option<u64>,
}

impl TierArgs {
    pub fn chunk_ops(&self) -> u32 {
        self.tier_chunk.unwrap_or(CHUNK_OPS)
    }

    /// How long a program of so many operations is tried out, if it is: not where LLVM is to compile at once, unless it is asked
    /// for.
    pub fn trial_time(&self, ops: usize) -> Option<Duration> {
        match self.tier_trial {
            Some(time) => Some(Duration::from_micros(time)).filter(|time| !time.is_zero()),
            None => trial_time(ops).filter(|time| *time < self.policy().delay),
        }
    }

    pub fn policy(&self) -> Policy {
        let default = match (self.tier_seed, self.tier_threshold) {
            (Some(seed), _) => Policy::at_random(seed),
            (None, Some(0)) => Policy::at_once(),
            (None, _) => Policy::default(),
        };
        Policy {
            threshold: self.tier_threshold.unwrap_or(default.threshold),
            delay: self.tier_delay.map_or(default.delay, Duration::from_millis),
            small_ops: self.tier_small.unwrap_or(default.small_ops),
            large_ops: self.tier_large.unwrap_or(default.large_ops),
            ..default
        }
    }
}
