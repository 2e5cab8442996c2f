//! Samples of a run: which part of the machine code the time goes to.
//!
//! A timer interrupts the run again and again. Its handler finds the part of the code that is at work, by the
//! instruction or, where the code called something, by the address to return to, and adds to that part the processor time
//! since the sample before: so waiting costs nothing, and neither does a timer that comes late. No memory is needed but a
//! number for each part, however long the run.

use std::ffi::{c_int, c_void};
use std::io::Error;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::process::thread_time;
use super::signals;

/// The time between two samples, in nanoseconds: not in step with what goes by milliseconds.
const INTERVAL_NANOS: libc::c_long = 997_000;

/// How many words at the end of the code's stack may hold the address to return to: its first frame keeps little.
const FRAME_WORDS: usize = 16;

/// Collects samples of code that lies in one piece.
#[derive(Debug)]
pub struct Sampler {
    /// Where the parts begin, sorted; each ends where the next begins.
    starts: Box<[usize]>,
    end: usize,
    /// The time of each part, in nanoseconds.
    times: Box<[AtomicU64]>,
    samples: AtomicU64,
    /// The processor time of the thread at the last sample, in nanoseconds.
    last: AtomicU64,
}

impl Sampler {
    /// For code up to the address `end`, whose parts begin at `starts`, which are sorted.
    #[must_use]
    pub fn new(starts: Vec<usize>, end: usize) -> Sampler {
        debug_assert!(starts.is_sorted());
        let times = starts.iter().map(|_| AtomicU64::new(0)).collect();
        let starts = starts.into_boxed_slice();
        Sampler { starts, end, times, samples: AtomicU64::new(0), last: AtomicU64::new(0) }
    }

    /// The processor time of each part.
    pub fn times(&self) -> impl Iterator<Item = Duration> {
        self.times.iter().map(|time| Duration::from_nanos(time.load(Relaxed)))
    }

    /// How many samples fell on the code.
    #[must_use]
    pub fn samples(&self) -> u64 {
        self.samples.load(Relaxed)
    }

    /// The part that the instruction at `address` is of.
    fn part(&self, address: usize) -> Option<usize> {
        let behind = self.starts.partition_point(|&start| start <= address);
        behind.checked_sub(1).filter(|_| address < self.end)
    }

    /// Takes a sample: `addresses` are the instruction and what may be addresses to return to; the first that lies in
    /// the code counts. Called by a signal handler.
    fn sample(&self, mut addresses: impl Iterator<Item = usize>) {
        let now = processor_time();
        let time = now.saturating_sub(self.last.swap(now, Relaxed));
        if let Some(part) = addresses.find_map(|address| self.part(address)) {
            self.times[part].fetch_add(time, Relaxed);
            self.samples.fetch_add(1, Relaxed);
        }
    }
}

static CURRENT: AtomicPtr<Sampler> = AtomicPtr::new(std::ptr::null_mut());
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// While it exists, the thread that began it is sampled.
pub struct Sampling<'a> {
    timer: libc::timer_t,
    replaced: libc::sigaction,
    _turn: MutexGuard<'static, ()>,
    sampler: PhantomData<&'a Sampler>,
}

impl<'a> Sampling<'a> {
    /// Begins to sample this thread.
    ///
    /// # Errors
    /// The system has no timer left.
    pub fn begin(sampler: &'a Sampler) -> Result<Sampling<'a>, Error> {
        let turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        sampler.last.store(processor_time(), Relaxed);
        CURRENT.store(std::ptr::from_ref(sampler).cast_mut(), SeqCst);
        // SAFETY: valid pointers to structures of which all zeroes is a valid value; the handler is async-signal-safe,
        // and what it looks at lives as long as the sampling.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            let mut replaced: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = on_timer as *const () as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_RESTART;
            // A request to stop may leave the code it interrupts; that must not be this handler.
            libc::sigfillset(&raw mut action.sa_mask);
            libc::sigaction(libc::SIGPROF, &raw const action, &raw mut replaced);
            let mut own: libc::sigset_t = std::mem::zeroed();
            libc::sigaddset(&raw mut own, libc::SIGPROF);
            libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const own, std::ptr::null_mut());

            let mut event: libc::sigevent = std::mem::zeroed();
            event.sigev_notify = libc::SIGEV_THREAD_ID;
            event.sigev_signo = libc::SIGPROF;
            event.sigev_notify_thread_id = libc::gettid();
            let mut timer: libc::timer_t = std::ptr::null_mut();
            if libc::timer_create(libc::CLOCK_MONOTONIC, &raw mut event, &raw mut timer) != 0 {
                let error = Error::last_os_error();
                libc::sigaction(libc::SIGPROF, &raw const replaced, std::ptr::null_mut());
                return Err(error);
            }
            let sampling = Sampling { timer, replaced, _turn: turn, sampler: PhantomData };
            let interval = libc::timespec { tv_sec: 0, tv_nsec: INTERVAL_NANOS };
            let times = libc::itimerspec { it_interval: interval, it_value: interval };
            if libc::timer_settime(timer, 0, &raw const times, std::ptr::null_mut()) != 0 {
                return Err(Error::last_os_error());
            }
            Ok(sampling)
        }
    }
}

impl Drop for Sampling<'_> {
    fn drop(&mut self) {
        // SAFETY: the timer is ours. Ignoring the signal drops one that is pending; then what was there is put back.
        unsafe {
            libc::timer_delete(self.timer);
            let mut ignore: libc::sigaction = std::mem::zeroed();
            ignore.sa_sigaction = libc::SIG_IGN;
            libc::sigaction(libc::SIGPROF, &raw const ignore, std::ptr::null_mut());
            libc::sigaction(libc::SIGPROF, &raw const self.replaced, std::ptr::null_mut());
        }
        CURRENT.store(std::ptr::null_mut(), SeqCst);
    }
}

/// The processor time of this thread, in nanoseconds. Async-signal-safe.
fn processor_time() -> u64 {
    thread_time().as_nanos() as u64
}

extern "C" fn on_timer(_: c_int, _: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: set while a sampling exists, which owns the handler and borrows the sampler.
    let Some(sampler) = (unsafe { CURRENT.load(SeqCst).as_ref() }) else { return };
    let context = context.cast::<libc::ucontext_t>();
    // SAFETY: the kernel hands a valid context to a handler.
    let instruction = unsafe { (*context).uc_mcontext.gregs[libc::REG_RIP as usize] } as usize;
    // The code's own frame comes first on its stack, and in it the address where the code goes on.
    let frame = signals::stack_end().into_iter().flat_map(|end| {
        // SAFETY: words of the stack, which is mapped and much longer.
        (1..=FRAME_WORDS).map(move |word| unsafe { *((end - word * size_of::<usize>()) as *const usize) })
    });
    sampler.sample(std::iter::once(instruction).chain(frame));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_address_in_the_code_has_the_sample() {
        let sampler = Sampler::new(vec![100, 200, 300], 400);
        assert_eq!(
            [99, 100, 299, 399, 400].map(|address| sampler.part(address)),
            [None, Some(0), Some(1), Some(2), None]
        );
        for addresses in [[250, 350, 0], [50, 400, 250], [50, 0, 400]] {
            sampler.sample(addresses.into_iter());
        }
        assert_eq!(sampler.samples(), 2);
        let is_zero: Vec<_> = sampler.times().map(|time| time.is_zero()).collect();
        assert_eq!(is_zero, [true, false, true]);
    }

    #[test]
    fn a_thread_that_works_is_interrupted() {
        // All addresses are of the one part.
        let sampler = Sampler::new(vec![0], usize::MAX);
        let sampling = Sampling::begin(&sampler).unwrap();
        while sampler.samples() < 3 {
            std::hint::spin_loop();
        }
        drop(sampling);
        let (samples, time) = (sampler.samples(), sampler.times().next().unwrap());
        assert!(!time.is_zero());
        // And no longer then.
        let begin = processor_time();
        while processor_time() - begin < 5 * INTERVAL_NANOS as u64 {}
        assert_eq!(sampler.samples(), samples);
    }
}
