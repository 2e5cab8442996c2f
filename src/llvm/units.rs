//! A large program as several object files, made at once, as rustc does it.
//!
//! A module belongs to one context and can only be worked on by one thread, and takes more than a kilobyte of memory for each
//! operation. So a unit is a module that defines some of the program's functions, and that is gone when its code is
//! there. How many there are depends on the program alone: the same program becomes the same code on every machine.

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use inkwell::context::Context;

use super::emit::{Form, Request, write};
use super::loader::Llvm;
use super::lower::{DebugInfo, Plan};
use super::{LlvmError, Times, executable, pipeline};

/// How many units are worth their while, and from how many operations on each.
const MANY_UNITS: usize = 4;
const UNIT_OPS: usize = 2_000;

/// More units keep memory small.
const MOST_UNIT_OPS: usize = 100_000;

/// LLVM's passes go deep.
const STACK_BYTES: usize = 64 << 20;

/// The program's code as object files that are to be linked together, made by so many threads at most, and how long that took.
///
/// # Errors
/// A step of LLVM's fails.
pub(super) fn objects(
    llvm: Llvm,
    plan: &Plan<'_>,
    request: &Request,
    threads: usize,
) -> Result<(Vec<Vec<u8>>, Times), LlvmError> {
    let parts = if request.debug == DebugInfo::None { parts(&plan.sizes()) } else { vec![plan.whole()] };
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let take = || {
        while let Some(part) = parts.get(next.fetch_add(1, Ordering::Relaxed)) {
            let made = object(llvm, plan, part, request);
            done.lock().expect("nobody panics with it").push((part.start, made));
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.min(parts.len()) {
            // Where no further thread is to be had, those that there are do its work.
            let _ = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, take);
        }
        take();
    });
    let mut done = done.into_inner().expect("nobody panics with it");
    done.sort_by_key(|&(start, _)| start);
    let mut times = Times::default();
    let mut objects = Vec::new();
    for (_, made) in done {
        let (object, took) = made?;
        objects.push(object);
        times.add(took);
    }
    Ok((objects, times))
}

/// The code of one unit.
fn object(llvm: Llvm, plan: &Plan<'_>, part: &Range<usize>, request: &Request) -> Result<(Vec<u8>, Times), LlvmError> {
    let context = Context::create();
    let machine = pipeline::target_machine(llvm, request.level)?;
    let mut times = Times::default();
    let module = executable::build(&context, &machine, plan, part, request, &mut times)?;
    let object = write(&module, &machine, Form::Object, &mut times)?;
    Ok((object, times))
}

/// The functions of each unit: neighbours, and in all units about as many operations.
fn parts(sizes: &[usize]) -> Vec<Range<usize>> {
    let total: usize = sizes.iter().sum();
    let units = (total / UNIT_OPS).clamp(1, MANY_UNITS).max(total.div_ceil(MOST_UNIT_OPS));
    let mut parts: Vec<Range<usize>> = Vec::new();
    let (mut before, mut last) = (0, None);
    for (function, size) in sizes.iter().enumerate() {
        let unit = ((before + size / 2) * units / total.max(1)).min(units - 1);
        before += size;
        match parts.last_mut().filter(|_| last == Some(unit)) {
            Some(part) => part.end = function + 1,
            None => parts.push(function..function + 1),
        }
        last = Some(unit);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_neighbours_and_of_about_one_size() {
        let few = UNIT_OPS / 3;
        assert_eq!(parts(&[few, few, few, few, few, few + 4]), [0..3, 3..6]);
        // A function is in one unit however large it is.
        assert_eq!(parts(&[0, 3 * UNIT_OPS, 0, 1, 1, 0]), [0..1, 1..2, 2..6]);
    }

    #[test]
    fn small_programs_are_one_unit_and_huge_ones_many() {
        assert_eq!(parts(&[UNIT_OPS, UNIT_OPS - 1]).len(), 1);
        assert_eq!(parts(&[0]).len(), 1);
        let units = |ops: usize| parts(&vec![UNIT_OPS / 10; 10 * ops / UNIT_OPS]);
        assert_eq!(units(50 * UNIT_OPS).len(), MANY_UNITS);
        let huge = units(10 * MOST_UNIT_OPS);
        assert_eq!(huge.len(), 10);
        assert!(huge.iter().all(|part| part.len() <= 10 * MOST_UNIT_OPS / UNIT_OPS));
    }
}
