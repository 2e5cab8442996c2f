//! Signals: faults on the guards, and requests to stop.
//!
//! The handlers touch atomics only and never allocate, but for what is to be done after a delay
//! ([`Shared::after_delay`]): machine code that is interrupted holds no locks. A fault on a guard leaves the machine code;
//! so does a request to stop that comes while machine code runs. At any other time the request is noted, and whoever is at
//! work finishes first.
//!
//! One run at a time is under way in a process: [`Session::begin`] waits for the one before.

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicU8, AtomicUsize, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::enter::bfllvm_leave;

/// Phases: no machine code is running; it is; it called one of our functions.
pub(super) const IDLE: u8 = 0;
pub(super) const GENERATED: u8 = 1;
pub(super) const NATIVE: u8 = 2;

/// A function, and the run's state, which it is called with.
pub(super) type AfterDelay = (unsafe fn(*mut ()), *mut ());

/// What handlers and a run tell each other. The first three fields are known to [`super::enter`].
#[derive(Debug, Default)]
#[repr(C)]
pub(super) struct Shared {
    saved_stack: AtomicUsize,
    pub phase: AtomicU8,
    /// The signal that asks to stop, or 0.
    pub stop: AtomicI32,
    /// How often it was asked.
    asked: AtomicI32,
    /// Whether the run is given up when its time is up, and another one begun: that is no request of anybody's.
    pub is_trial: bool,
    /// What is to be done after a while, when machine code runs and nothing else of the run is under way.
    pub after_delay: Option<AfterDelay>,
    /// It is to be done as soon as machine code runs.
    is_due: AtomicBool,
    /// The thread that runs: a request may reach any thread of the process.
    thread: AtomicUsize,
    /// The address of the access that faulted, or 0, and the instruction.
    pub fault_address: AtomicUsize,
    pub fault_instruction: AtomicUsize,
    /// Guards: outer and inner bounds of the tape's and of the stack's mapping.
    pub guards: [Bounds; 2],
}

/// Addresses from `outer.0` up to `outer.1` are claimed, those from `inner.0` up to `inner.1` excepted.
#[derive(Debug, Default)]
#[repr(C)]
pub(super) struct Bounds {
    outer: [AtomicUsize; 2],
    inner: [AtomicUsize; 2],
}

impl Bounds {
    pub fn set(&self, outer: [usize; 2], inner: [usize; 2]) {
        for (place, value) in self.outer.iter().chain(&self.inner).zip(outer.into_iter().chain(inner)) {
            place.store(value, SeqCst);
        }
    }

    fn claims(&self, address: usize) -> bool {
        let within = |bounds: &[AtomicUsize; 2]| bounds[0].load(SeqCst) <= address && address < bounds[1].load(SeqCst);
        within(&self.outer) && !within(&self.inner)
    }
}

impl Shared {
    /// For a run that may be given up.
    pub fn of_trial() -> Shared {
        Shared { is_trial: true, ..Shared::default() }
    }

    /// The signal that asks to stop, if one does.
    pub fn stop_signal(&self) -> Option<i32> {
        Some(self.stop.load(SeqCst)).filter(|&signal| signal != 0)
    }

    /// Whether it was asked more than once, or the time is up: nothing is waited for any more.
    pub fn is_urgent(&self) -> bool {
        self.asked.load(SeqCst) > 1 || self.stop_signal() == Some(libc::SIGALRM)
    }

    pub fn is_due(&self) -> bool {
        self.is_due.load(SeqCst)
    }

    /// Does what is to be done after a while, if it is due. Machine code runs, or is about to.
    pub fn do_what_is_due(&self) {
        if self.is_due.swap(false, SeqCst)
            && let Some((work, state)) = self.after_delay
        {
            // SAFETY: as whoever has set it wants it to be called.
            unsafe { work(state) }
        }
    }

    /// Whether the run is given up.
    pub fn is_given_up(&self) -> bool {
        self.is_trial && self.stop_signal() == Some(libc::SIGALRM)
    }
}

static CURRENT: AtomicPtr<Shared> = AtomicPtr::new(std::ptr::null_mut());
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// The end of the stack of the code that runs, if one does. Async-signal-safe.
pub(super) fn stack_end() -> Option<usize> {
    // SAFETY: set while a session exists, which the run that owns it outlives.
    let shared = unsafe { CURRENT.load(SeqCst).as_ref() }?;
    Some(shared.guards[1].inner[1].load(SeqCst)).filter(|&end| end != 0)
}

/// Signals that ask a process to stop. SIGALRM is the time limit's.
const REQUESTS: [c_int; 4] = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGALRM];
const FAULTS: [c_int; 2] = [libc::SIGSEGV, libc::SIGBUS];

/// The size of the stack that handlers run on, in bytes.
const HANDLER_STACK_BYTES: usize = 64 << 10;

/// While it exists, the handlers are in place and work for one [`Shared`].
pub(super) struct Session {
    replaced: Vec<(c_int, libc::sigaction)>,
    replaced_stack: libc::stack_t,
    _handler_stack: Box<[MaybeUninit<u8>]>,
    timers: Vec<libc::timer_t>,
    _turn: MutexGuard<'static, ()>,
}

impl Session {
    /// Puts the handlers in place; after `time` the run is asked to stop.
    ///
    /// `shared` must outlive the session at its place.
    ///
    /// # Errors
    /// The system has no timer left.
    pub fn begin(shared: &Shared, time: Option<Duration>) -> std::io::Result<Session> {
        let turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: has no precondition.
        shared.thread.store(unsafe { libc::pthread_self() } as usize, SeqCst);
        CURRENT.store(std::ptr::from_ref(shared).cast_mut(), SeqCst);
        // Memory that nobody touches as long as no signal comes.
        let mut handler_stack = Box::new_uninit_slice(HANDLER_STACK_BYTES);
        let mut replaced = Vec::new();
        // SAFETY: `sigaltstack` and `sigaction` get valid pointers; the stack lives as long as the session, and the
        // handlers are async-signal-safe. All zeroes is a valid value of both structures.
        let replaced_stack = unsafe {
            let stack =
                libc::stack_t { ss_sp: handler_stack.as_mut_ptr().cast(), ss_flags: 0, ss_size: HANDLER_STACK_BYTES };
            let mut old: libc::stack_t = std::mem::zeroed();
            libc::sigaltstack(&raw const stack, &raw mut old);
            for (signals, handler) in
                [(&REQUESTS[..], on_request as *const () as usize), (&FAULTS[..], on_fault as *const () as usize)]
            {
                for &signal in signals {
                    let mut action: libc::sigaction = std::mem::zeroed();
                    let mut before: libc::sigaction = std::mem::zeroed();
                    libc::sigaction(signal, std::ptr::null(), &raw mut before);
                    // Who started us with `nohup` wants it so; our own alarm is nobody else's business.
                    let is_request = signals.contains(&libc::SIGINT) && signal != libc::SIGALRM;
                    if is_request && before.sa_sigaction == libc::SIG_IGN {
                        continue;
                    }
                    action.sa_sigaction = handler;
                    // No SA_RESTART: a blocked read or write has to notice.
                    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
                    // A request that comes as a handler is about to begin would leave in its place, with its signal blocked
                    // from then on.
                    REQUESTS.iter().for_each(|&request| {
                        libc::sigaddset(&raw mut action.sa_mask, request);
                    });
                    libc::sigaction(signal, &raw const action, std::ptr::null_mut());
                    replaced.push((signal, before));
                }
            }
            old
        };
        let mut session =
            Session { replaced, replaced_stack, _handler_stack: handler_stack, timers: Vec::new(), _turn: turn };
        if let Some(time) = time {
            unblock_alarm();
            session.timers.push(start_timer(time, ALARM_INTERVAL, Alarm::Time)?);
        }
        Ok(session)
    }

    /// After `delay`, what is to be done then is due.
    ///
    /// # Errors
    /// The system has no timer left.
    pub fn delay(&mut self, delay: Duration) -> std::io::Result<()> {
        unblock_alarm();
        self.timers.push(start_timer(delay, Duration::ZERO, Alarm::Delay)?);
        Ok(())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // SAFETY: the timer is ours; puts back what was there. A signal of the timer's that is pending is delivered before
        // the call returns.
        unsafe {
            for &timer in &self.timers {
                libc::timer_delete(timer);
            }
            for (signal, action) in &self.replaced {
                libc::sigaction(*signal, action, std::ptr::null_mut());
            }
            libc::sigaltstack(&raw const self.replaced_stack, std::ptr::null_mut());
        }
        CURRENT.store(std::ptr::null_mut(), SeqCst);
    }
}

/// Does `work` with all signals held back from this thread, and from threads that it starts for ever: they are for the
/// thread that runs.
pub fn with_requests_held_back<T>(work: impl FnOnce() -> T) -> T {
    // SAFETY: valid pointers; all zeroes is a valid value.
    unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        let mut before: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&raw mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before);
        let result = work();
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut());
        result
    }
}

/// Lets SIGALRM through, which whoever started us may have blocked.
fn unblock_alarm() {
    // SAFETY: valid pointers; all zeroes is a valid value.
    unsafe {
        let mut alarm: libc::sigset_t = std::mem::zeroed();
        libc::sigaddset(&raw mut alarm, libc::SIGALRM);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const alarm, std::ptr::null_mut());
    }
}

/// How often SIGALRM comes again once the time is up: a write may just have begun to block.
const ALARM_INTERVAL: Duration = Duration::from_millis(50);

/// What a timer's signal is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Alarm {
    Time = 1,
    Delay = 2,
}

/// SIGALRM for this thread after `time`, and again after each `interval`, if that is not zero. The process's own timer would
/// ask any thread, which might hand it on when the run, and the handler with it, is gone.
fn start_timer(time: Duration, interval: Duration, alarm: Alarm) -> std::io::Result<libc::timer_t> {
    let value = |time: Duration| libc::timespec { tv_sec: time.as_secs() as _, tv_nsec: time.subsec_nanos().into() };
    let times = libc::itimerspec {
        it_interval: value(interval),
        // All zeroes would be no request.
        it_value: value(time.max(Duration::from_nanos(1))),
    };
    // SAFETY: valid structures, of which all zeroes is a valid value.
    unsafe {
        let mut event: libc::sigevent = std::mem::zeroed();
        event.sigev_notify = libc::SIGEV_THREAD_ID;
        event.sigev_signo = libc::SIGALRM;
        event.sigev_value = libc::sigval { sival_ptr: std::ptr::without_provenance_mut(alarm as usize) };
        event.sigev_notify_thread_id = libc::gettid();
        let mut timer: libc::timer_t = std::ptr::null_mut();
        if libc::timer_create(libc::CLOCK_MONOTONIC, &raw mut event, &raw mut timer) != 0 {
            return Err(std::io::Error::last_os_error());
        }
        if libc::timer_settime(timer, 0, &raw const times, std::ptr::null_mut()) != 0 {
            let error = std::io::Error::last_os_error();
            libc::timer_delete(timer);
            return Err(error);
        }
        Ok(timer)
    }
}

extern "C" fn on_request(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: set while a session exists, which owns the handlers.
    let Some(shared) = (unsafe { CURRENT.load(SeqCst).as_ref() }) else { return };
    // SAFETY: the kernel hands valid structures to a handler, and a timer's signal has a value.
    let is_delay =
        unsafe { (*info).si_code == libc::SI_TIMER && (*info).si_value().sival_ptr.addr() == Alarm::Delay as usize };
    if is_delay {
        // Its timer asks this thread alone.
        shared.is_due.store(true, SeqCst);
        if shared.phase.load(SeqCst) == GENERATED {
            shared.do_what_is_due();
        }
        return;
    }
    let (thread, own) = (shared.thread.load(SeqCst) as libc::pthread_t, unsafe { libc::pthread_self() });
    if thread != own {
        // SAFETY: the thread is there: it ends its session before it ends.
        unsafe { libc::pthread_kill(thread, signal) };
        return;
    }
    if signal == libc::SIGALRM && shared.is_trial {
        // Requests count more.
        let _ = shared.stop.compare_exchange(0, signal, SeqCst, SeqCst);
    } else {
        shared.stop.store(signal, SeqCst);
        shared.asked.fetch_add(1, SeqCst);
    }
    if shared.phase.load(SeqCst) == GENERATED {
        // SAFETY: the kernel hands a valid context to a handler.
        unsafe { leave_on_return(context, shared) };
    }
}

extern "C" fn on_fault(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: as above; the kernel hands valid structures to a handler.
    unsafe {
        let address = (*info).si_addr() as usize;
        if let Some(shared) = CURRENT.load(SeqCst).as_ref() {
            let claimed = shared.guards.iter().any(|bounds| bounds.claims(address));
            if claimed && shared.phase.load(SeqCst) == GENERATED {
                let context = context.cast::<libc::ucontext_t>();
                shared.fault_address.store(address, SeqCst);
                let instruction = (*context).uc_mcontext.gregs[libc::REG_RIP as usize];
                shared.fault_instruction.store(instruction as usize, SeqCst);
                leave_on_return(context.cast(), shared);
                return;
            }
        }
        // Not ours: the access is repeated and dies as it would have without us.
        let mut default: libc::sigaction = std::mem::zeroed();
        default.sa_sigaction = libc::SIG_DFL;
        libc::sigaction(signal, &raw const default, std::ptr::null_mut());
    }
}

/// Makes the interrupted code go on at `bfllvm_leave(shared)`.
unsafe fn leave_on_return(context: *mut c_void, shared: &Shared) {
    let context = context.cast::<libc::ucontext_t>();
    // SAFETY: as required of the caller: a context of the kernel's.
    unsafe {
        let registers = &mut (*context).uc_mcontext.gregs;
        registers[libc::REG_RIP as usize] = bfllvm_leave as *const () as i64;
        registers[libc::REG_RDI as usize] = std::ptr::from_ref(shared) as i64;
    }
}
