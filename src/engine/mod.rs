//! The tiered engine: baseline code runs at once, and loops that turn out to be hot are handed to a better
//! compiler on a second thread.
//!
//! Every loop worth it has a slot ([`crate::runtime::slots`]). Once the program has run for a while, its baseline code
//! is changed ([`crate::runtime::sites`]), and counts how often the loop's head is passed; when the count is up, [`policy`] says
//! which loop is to be compiled, that one or one around it. The compile thread publishes a function by a store to the
//! loop's slot, and the program goes on there when it next passes the head: at a head everything is in memory, so nothing
//! has to be carried over, and nothing is ever undone. A loop that is compiled later replaces those in it.
//!
//! Knows loops by number and size; nothing of operations, or of what [`Tier`] compiles them with.

pub mod llvm;
pub mod parts;
pub mod policy;
pub mod remote;
mod thread;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use std::sync::atomic::Ordering::{Relaxed, Release};

use crate::ir::loops::LoopRange;
use crate::runtime::FaultPlace;
use crate::runtime::execute::{FaultMap, Region};
use crate::runtime::slots::{Heat, Sites, Slot, SlotTable, Targets};
use policy::{Choice, Decider, Policy};

/// Compiles loops better than the baseline does.
pub trait Tier: Send + Sync {
    /// How much stack a thread needs for it, in bytes.
    fn stack_bytes(&self) -> usize;

    /// Whether it may be opened at all.
    ///
    /// # Errors
    /// The process may be granted too little for it; why.
    fn check_room(&self) -> Result<(), String>;

    /// Opens the compiler and lends it to `work`; the code lives until `work` returns.
    ///
    /// # Errors
    /// There is no compiler; why.
    fn open(&self, work: &mut dyn FnMut(&mut dyn LoopCompiler)) -> Result<(), String>;
}

/// An open compiler.
pub trait LoopCompiler {
    /// Compiles loops, [`policy::MAX_TOGETHER`] at the most.
    ///
    /// # Errors
    /// They cannot be compiled; why.
    fn compile(&mut self, ranges: &[LoopRange]) -> Result<CompiledLoops, String>;
}

/// The functions of loops.
#[derive(Debug)]
pub struct CompiledLoops {
    /// For each loop the address of `ptr (ptr state, ptr cell)`, which runs it.
    pub entries: Vec<usize>,
    /// Their parts, for messages about faults.
    pub regions: Vec<Region>,
    /// How large they are, in the compiler's instructions.
    pub instructions: usize,
    /// The processor time that it took another process.
    pub time_elsewhere: Duration,
}

/// What became of loops that were to be compiled.
#[derive(Clone, Debug)]
pub struct Event {
    pub loops: Vec<LoopRange>,
    /// When the first was asked for, and when all were ready, counted from the start of the run.
    pub asked: Duration,
    pub ready: Duration,
    /// The processor time it took.
    pub compile_time: Duration,
    /// The number of the compiler's instructions, or why there are none.
    pub outcome: Result<usize, String>,
}

/// What the engine did.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// In the order in which they were done.
    pub events: Vec<Event>,
    /// Why nothing could be compiled.
    pub failure: Option<String>,
}

/// How far a loop has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Cold,
    Queued,
    Ready,
    Rejected,
}

/// What the running thread and the compile thread share.
struct Shared {
    loops: Arc<[LoopRange]>,
    slots: Box<[Slot]>,
    policy: Policy,
    tier: Box<dyn Tier>,
    /// Whether the sites in the code are opened while it runs.
    changes_code: bool,
    start: Instant,
    state: Mutex<State>,
    /// There is something to compile, or no more to be done.
    work: Condvar,
    /// Something was compiled.
    done: Condvar,
}

/// How far the run has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// No loop counts until the policy's delay is over.
    Waiting,
    /// Loops count until they are hot.
    Counting,
}

struct State {
    phase: Phase,
    status: Vec<Status>,
    /// Of loops whose code is there.
    targets: Vec<Option<Targets>>,
    /// Loops to be compiled, and when they were asked for.
    queue: Vec<(u32, Duration)>,
    decider: Decider,
    /// The thread is to end.
    stops: bool,
    regions: Vec<Region>,
    report: Report,
}

impl State {
    /// Nothing can be compiled, now or later.
    fn give_up(&mut self, failure: String) {
        self.report.failure = Some(failure);
        self.status.fill(Status::Rejected);
        self.queue.clear();
    }
}

/// The slots of loops, and the thread that works on them.
pub struct Engine {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// Memory for the slots of so many loops. Its address goes into the code; [`Engine::place`](SlotTable::place) fills it.
#[must_use]
pub fn slots(loops: &[LoopRange]) -> Box<[Slot]> {
    loops.iter().map(|_| Slot::default()).collect()
}

impl Engine {
    /// An engine for code with these slots, which are in the same order as the `loops`. Unless it `changes_code`, the sites are to be
    /// open from the start.
    #[must_use]
    pub fn new(
        loops: Arc<[LoopRange]>,
        slots: Box<[Slot]>,
        policy: Policy,
        changes_code: bool,
        tier: Box<dyn Tier>,
    ) -> Engine {
        let state = State {
            phase: if policy.delay.is_zero() { Phase::Counting } else { Phase::Waiting },
            status: vec![Status::Cold; loops.len()],
            targets: vec![None; loops.len()],
            queue: Vec::new(),
            decider: Decider::new(&policy, loops.len()),
            stops: false,
            regions: Vec::new(),
            report: Report::default(),
        };
        let shared = Shared {
            loops,
            slots,
            policy,
            tier,
            changes_code,
            start: Instant::now(),
            state: Mutex::new(state),
            work: Condvar::new(),
            done: Condvar::new(),
        };
        Engine { shared: Arc::new(shared), thread: Mutex::default() }
    }

    /// What was done so far.
    #[must_use]
    pub fn report(&self) -> Report {
        let mut report = self.shared.lock().report.clone();
        // What cannot be done makes no difference to a run that was over before.
        report.failure.take_if(|_| self.shared.start.elapsed() < self.shared.policy.delay);
        report
    }

    /// What messages about faults need, where `baseline` knows about the baseline code.
    #[must_use]
    pub fn faults<'a>(&'a self, baseline: &'a dyn FaultMap) -> Faults<'a> {
        Faults { engine: self, baseline }
    }
}

/// The thread is waited for.
impl Drop for Engine {
    fn drop(&mut self) {
        self.shared.lock().stops = true;
        self.shared.work.notify_all();
        let thread = self.thread.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Err(panic)) = thread.map(JoinHandle::join)
            && !std::thread::panicking()
        {
            std::panic::resume_unwind(panic);
        }
    }
}

impl SlotTable for Engine {
    fn place(&self, targets: &[(u32, Targets)]) {
        let shared = &*self.shared;
        let mut state = shared.lock();
        for &(slot, targets) in targets {
            state.targets[slot as usize] = Some(targets);
            match state.phase {
                _ if shared.policy.is_never() => shared.stop_counting(&state, slot),
                Phase::Waiting => shared.stop_counting(&state, slot),
                Phase::Counting => shared.count_until_hot(&mut state, slot, targets),
            }
        }
    }

    fn is_open(&self) -> bool {
        !self.shared.changes_code || self.shared.lock().phase == Phase::Counting
    }
}

impl Heat for Engine {
    fn counted_out(&self, slot: u32) {
        let shared = &*self.shared;
        let mut state = shared.lock();
        let choice = {
            let State { status, decider, .. } = &mut *state;
            let is_cold = |slot: u32| status[slot as usize] == Status::Cold;
            let count = |slot: u32| shared.slots[slot as usize].count.load(Relaxed);
            decider.choose(&shared.policy, &shared.loops, slot, &is_cold, &count)
        };
        match choice {
            Choice::CountOn(count) => shared.slots[slot as usize].count.store(count, Relaxed),
            Choice::Stop => shared.stop_counting(&state, slot),
            Choice::Compile { region, again } => {
                match again {
                    Some(count) => shared.slots[slot as usize].count.store(count, Relaxed),
                    None => shared.stop_counting(&state, slot),
                }
                shared.stop_counting(&state, region);
                state.status[region as usize] = Status::Queued;
                state.queue.push((region, shared.start.elapsed()));
                shared.work.notify_one();
                self.start_thread(&mut state);
                while shared.policy.waits() && state.status[region as usize] == Status::Queued {
                    state = shared.done.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    fn delay(&self) -> Option<Duration> {
        let Policy { delay, .. } = self.shared.policy;
        let is_needed = !self.shared.loops.is_empty() && !self.shared.policy.is_never();
        Some(delay).filter(|delay| is_needed && !delay.is_zero())
    }

    fn open(&self, change: &dyn Fn(&mut Sites<'_>) -> Result<(), std::io::Error>) {
        let mut state = self.shared.lock();
        if state.phase == Phase::Counting {
            return;
        }
        let mut placed =
            state.targets.iter().zip(0..).filter_map(|(targets, slot)| Some((targets.as_ref()?.site, slot)));
        let opened = if self.shared.changes_code { change(&mut placed) } else { Ok(()) };
        match opened {
            Ok(()) => {
                state.phase = Phase::Counting;
                self.shared.start_counting(&mut state);
            }
            Err(error) => state.give_up(format!("the code cannot be changed: {error}")),
        }
    }
}

impl Engine {
    fn start_thread(&self, state: &mut State) {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if thread.is_none() {
            match thread::start(Arc::clone(&self.shared)) {
                Ok(started) => *thread = Some(started),
                Err(failure) => state.give_up(failure),
            }
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start_counting(&self, state: &mut State) {
        for slot in 0..self.loops.len() as u32 {
            if let Some(targets) = state.targets[slot as usize] {
                self.count_until_hot(state, slot, targets);
            }
        }
    }

    fn count_until_hot(&self, state: &mut State, slot: u32, targets: Targets) {
        self.count(slot, state.decider.first_count(&self.policy, slot), targets);
    }

    /// From now on the loop counts down from `count`.
    fn count(&self, slot: u32, count: u32, targets: Targets) {
        let place = &self.slots[slot as usize];
        place.count.store(count, Relaxed);
        // Whoever sees the target sees the count.
        place.target.store(targets.counting, Release);
    }

    /// Waits until there is something to compile. False if the thread is to end.
    fn has_work(&self) -> bool {
        let state = self.lock();
        let is_idle = |state: &mut State| state.queue.is_empty() && !state.stops;
        let state = self.work.wait_while(state, is_idle).unwrap_or_else(PoisonError::into_inner);
        !state.stops
    }

    /// From now on the loop's body follows its head.
    fn stop_counting(&self, state: &State, slot: u32) {
        if let Some(targets) = state.targets[slot as usize].filter(|_| state.status[slot as usize] != Status::Ready) {
            self.slots[slot as usize].target.store(targets.body, Relaxed);
        }
    }

    /// The next loops to compile, and when the first was asked for; `None` when the thread is to end.
    fn next(&self) -> Option<(Vec<u32>, Duration)> {
        if !self.has_work() {
            return None;
        }
        let next = self.policy.take(&self.loops, &mut self.lock().queue);
        let &(_, asked) = next.first()?;
        Some((next.iter().map(|&(slot, _)| slot).collect(), asked))
    }

    fn publish(&self, slots: &[u32], compiled: Result<CompiledLoops, String>, event: Event) {
        let mut state = self.lock();
        match compiled {
            Ok(compiled) => {
                state.regions.extend(compiled.regions);
                for (&slot, entry) in slots.iter().zip(compiled.entries) {
                    let place = &self.slots[slot as usize];
                    // Whoever sees the target sees the function.
                    place.function.store(entry, Release);
                    let targets = state.targets[slot as usize].expect("what was hot, or is around it, has code");
                    place.target.store(targets.calling, Release);
                    state.status[slot as usize] = Status::Ready;
                }
            }
            Err(_) => slots.iter().for_each(|&slot| state.status[slot as usize] = Status::Rejected),
        }
        state.report.events.push(event);
        self.done.notify_all();
    }

    fn give_up(&self, failure: String) {
        self.lock().give_up(failure);
        self.done.notify_all();
    }
}

/// Names the loop for an instruction of any tier.
pub struct Faults<'a> {
    engine: &'a Engine,
    baseline: &'a dyn FaultMap,
}

impl FaultMap for Faults<'_> {
    fn place(&self, instruction: usize) -> FaultPlace {
        match self.baseline.place(instruction) {
            FaultPlace::Unknown => {
                let state = &mut *self.engine.shared.lock();
                state.regions.sort_by_key(|region| region.address);
                state.regions.place(instruction)
            }
            place => place,
        }
    }
}
