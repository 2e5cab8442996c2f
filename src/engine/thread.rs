//! The compile thread.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use super::{Event, Shared};
use crate::runtime::{lower_priority, processors, signals, thread_time};

/// How much nicer the thread is than the program, where it has a processor to itself as long as nobody else wants it. Where there is one
/// alone, it comes late, and is to be done soon.
const NICENESS: i32 = 19;

/// Starts the thread.
///
/// # Errors
/// There can be none, or no room for its work; why.
pub(super) fn start(shared: Arc<Shared>) -> Result<JoinHandle<()>, String> {
    shared.tier.check_room()?;
    let builder = std::thread::Builder::new().name("compile".into()).stack_size(shared.tier.stack_bytes());
    let thread = signals::with_requests_held_back(|| builder.spawn(move || work(&shared)));
    thread.map_err(|error| format!("there is no second thread: {error}"))
}

fn work(shared: &Shared) {
    if processors() > 1 {
        lower_priority(NICENESS);
    }
    if !shared.has_work() {
        return;
    }
    let opened = shared.tier.open(&mut |compiler| {
        while let Some((slots, asked)) = shared.next() {
            let loops: Vec<_> = slots.iter().map(|&slot| shared.loops[slot as usize]).collect();
            let before = thread_time();
            let compiled = compiler.compile(&loops);
            let elsewhere = compiled.as_ref().map_or(Duration::ZERO, |compiled| compiled.time_elsewhere);
            let compile_time = thread_time() - before + elsewhere;
            let outcome = compiled.as_ref().map(|compiled| compiled.instructions).map_err(Clone::clone);
            let ready = shared.start.elapsed();
            shared.publish(&slots, compiled, Event { loops, asked, ready, compile_time, outcome });
        }
    });
    if let Err(failure) = opened {
        shared.give_up(failure);
    }
}
