//! When a loop is worth compiling, and which one.
//!
//! Loops count how often their heads are passed. The inner ones are hot first; a loop around one that is hot is the
//! better choice if it is still small and its own head is passed often enough to be reached again soon. What
//! is too large for that is compiled when its own count is up.

use std::time::Duration;

use crate::ir::loops::LoopRange;
use crate::runtime::processors;

/// The numbers that decide. Durations count from the start of the run.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// How often a loop's head is passed before the loop is hot. 0: every loop is compiled, and waited for, when
    /// its head is first passed. `u32::MAX`: never.
    pub threshold: u32,
    /// Nothing is compiled before, and no loop counts: most programs have ended by then. LLVM needs 40 ms until its first code
    /// is ready, and while it works it takes up to a fifth of the program's speed where both share a core's caches or units:
    /// after 15 ms, programs of 80 to 160 ms took up to 1.1 of their time without it, and after 100 ms one of 110 ms did. Longer
    /// ones hardly notice the difference.
    pub delay: Duration,
    /// Up to how many operations the loop around a hot one is preferred to it.
    pub small_ops: u32,
    /// Up to how many operations a loop is compiled at all.
    pub large_ops: u32,
    /// Decides at random, from this seed, at which passages loops are compiled; each is waited for.
    pub seed: Option<u64>,
}

/// Loops with fewer operations have no slot: they are compiled together with those around. Outermost ones, which have none
/// around, have one where there are not too many.
pub const MIN_SLOT_OPS: u32 = 8;

/// How long a program of so many operations is tried out with the quick passes alone, before the others are done, which take a
/// microsecond or two an operation. Whoever is over by then has saved that; whoever is not has lost the time of the trial, and
/// a quarter of a millisecond in which its code was made. That is why small programs are not tried out at all.
///
/// Of 24 programs that are large enough, ten are over within a third of the time that the other passes take, or in
/// two thirds of it where they have many thousands of operations. The others run several times as long.
#[must_use]
pub fn trial_time(ops: usize) -> Option<Duration> {
    let ops = u32::try_from(ops).unwrap_or(u32::MAX);
    let further_ops = ops.saturating_sub(TRIAL_FURTHER);
    (ops >= TRIAL_MIN_OPS).then(|| TRIAL + TRIAL_PER_OP * (ops - further_ops) + TRIAL_PER_FURTHER_OP * further_ops)
}

const TRIAL_MIN_OPS: u32 = 256;
const TRIAL: Duration = Duration::from_micros(100);
const TRIAL_PER_OP: Duration = Duration::from_nanos(250);
/// For operations from this one on.
const TRIAL_PER_FURTHER_OP: Duration = Duration::from_nanos(1000);
const TRIAL_FURTHER: u32 = 4000;

/// See [`Policy::delay`].
const DELAY: Duration = Duration::from_millis(150);
/// The same where LLVM works instead of the program, not beside it: its 40 ms are a small share by then, and loops that count, or have
/// been asked for, take up to a fifth more of the time until they are ready.
const DELAY_ALONE: Duration = Duration::from_millis(1000);

impl Default for Policy {
    fn default() -> Policy {
        let delay = if processors() > 1 { DELAY } else { DELAY_ALONE };
        Policy { threshold: 1000, delay, small_ops: 250, large_ops: 2000, seed: None }
    }
}

/// How many loops are compiled together at the most, and how many operations they may have together: it takes LLVM
/// 4 ms to compile nothing, and 0.1 ms an operation.
pub const MAX_TOGETHER: usize = 64;
const TOGETHER_OPS: u32 = 200;

/// How often, in shares of the threshold, the head of a loop around a hot one must have been passed.
const OUTER_SHARE: u32 = 16;

/// How much longer a loop counts when one around it is being compiled, in thresholds: it turns out then whether the
/// head of that one is ever passed again.
const SECOND_COUNT: u32 = 64;

/// Where every passage may be the one, the largest number of passages until then.
const RANDOM_COUNT: u64 = 6;

impl Policy {
    /// Every loop is compiled, and waited for.
    #[must_use]
    pub fn at_once() -> Policy {
        Policy { threshold: 0, delay: Duration::ZERO, large_ops: u32::MAX, ..Policy::default() }
    }

    /// Every loop is compiled, and waited for, at a passage that is chosen at random.
    #[must_use]
    pub fn at_random(seed: u64) -> Policy {
        Policy { seed: Some(seed), ..Policy::at_once() }
    }

    /// No loop is compiled.
    #[must_use]
    pub fn never() -> Policy {
        Policy { threshold: u32::MAX, ..Policy::default() }
    }

    #[must_use]
    pub fn is_never(&self) -> bool {
        self.threshold == u32::MAX
    }

    /// Whether the program waits for what it asked for.
    pub(super) fn waits(&self) -> bool {
        self.threshold == 0
    }

    /// Takes from the queue what is compiled next, together: small loops first, in the order in which they were asked
    /// for.
    pub(super) fn take(&self, loops: &[LoopRange], queue: &mut Vec<(u32, Duration)>) -> Vec<(u32, Duration)> {
        let ops = |slot: u32| loops[slot as usize].ops();
        let first = queue.iter().position(|&(slot, _)| ops(slot) <= self.small_ops).unwrap_or_default();
        let mut sum = 0u32;
        let mut index = 0;
        let mut taken = Vec::new();
        queue.retain(|&(slot, asked)| {
            let takes = index >= first
                && (taken.is_empty() || sum.saturating_add(ops(slot)) <= TOGETHER_OPS)
                && taken.len() < MAX_TOGETHER;
            if takes {
                sum = sum.saturating_add(ops(slot));
                taken.push((slot, asked));
            }
            index += 1;
            !takes
        });
        taken
    }
}

/// What to do with a loop whose count is up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// Let it count further.
    CountOn(u32),
    /// Leave it as it is, and count no more.
    Stop,
    /// Compile `region`, which is the loop or one around it; the loop itself counts on if there is a count.
    Compile { region: u32, again: Option<u32> },
}

/// Makes the choices.
pub(super) struct Decider {
    /// What each loop's count was set to, in sum.
    counted: Vec<u32>,
    random: u64,
}

impl Decider {
    pub fn new(policy: &Policy, loops: usize) -> Decider {
        Decider { counted: vec![0; loops], random: policy.seed.unwrap_or_default() }
    }

    /// What the loop's count begins with.
    pub fn first_count(&mut self, policy: &Policy, slot: u32) -> u32 {
        let count = match policy.seed {
            Some(_) => self.next_random(),
            None => policy.threshold.max(1),
        };
        self.count(slot, count)
    }

    /// The choice for the loop at `slot`; `left` is what is left of a loop's count.
    pub fn choose(
        &mut self,
        policy: &Policy,
        loops: &[LoopRange],
        slot: u32,
        is_cold: &dyn Fn(u32) -> bool,
        left: &dyn Fn(u32) -> u32,
    ) -> Choice {
        if !is_cold(slot) {
            return Choice::Stop;
        }
        if loops[slot as usize].ops() > policy.large_ops {
            return Choice::Stop;
        }
        if policy.waits() {
            return Choice::Compile { region: slot, again: None };
        }
        let is_second = self.counted[slot as usize] > policy.threshold.saturating_mul(SECOND_COUNT);
        let mut region = slot;
        while let Some(outer) = loops[region as usize].parent.filter(|_| !is_second) {
            let passed = self.counted[outer as usize].wrapping_sub(left(outer));
            let is_small = loops[outer as usize].ops() <= policy.small_ops;
            if !is_small || passed < policy.threshold / OUTER_SHARE {
                break;
            }
            if !is_cold(outer) {
                // It may be there soon, and this loop then be reached through it alone.
                return Choice::CountOn(self.count(slot, policy.threshold.saturating_mul(SECOND_COUNT)));
            }
            region = outer;
        }
        let again = (region != slot).then(|| self.count(slot, policy.threshold.saturating_mul(SECOND_COUNT)));
        Choice::Compile { region, again }
    }

    fn count(&mut self, slot: u32, count: u32) -> u32 {
        let sum = &mut self.counted[slot as usize];
        *sum = sum.saturating_add(count);
        count
    }

    /// A number from 1 to [`RANDOM_COUNT`], by Marsaglia's xorshift.
    fn next_random(&mut self) -> u32 {
        let mut state = self.random | 1 << 63;
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        self.random = state;
        (state % RANDOM_COUNT) as u32 + 1
    }
}
