//! Whether a run is one that the contract allows.
//!
//! Of an unoptimised program only the reference's own run is. An optimised one may skip an access without effect, and so
//! fault later than the reference or not at all: what it prints then is what the program prints on a longer tape.

use super::base::{Base, Cut};
use super::{Finish, Run};

/// How close a run has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exactness {
    Exact,
    Optimized,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    Same,
    /// So many bytes are, and a run was cut off.
    SoFar {
        bytes: usize,
    },
    Different(Difference),
}

/// Where two runs part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The number of bytes that are the same.
    pub byte: usize,
    /// The next one, where there is one.
    pub expected: Option<u8>,
    pub got: Option<u8>,
    /// How the run that was expected ended, and the other.
    pub finishes: (Finish, Finish),
}

/// Compares `run` with the reference's.
#[must_use]
pub fn judge(base: &Base<'_>, run: &Run, exactness: Exactness) -> Judgement {
    use Finish::{CutOff, Ended, Faulted};
    let reference = &base.run;
    let common = common_length(reference, run);
    let (expected_length, length) = (reference.output.len(), run.output.len());
    if common < expected_length.min(length) {
        return different(reference, run);
    }
    // They agree as far as the shorter one goes.
    match (reference.finish, run.finish) {
        (Faulted { .. }, _) if exactness == Exactness::Optimized && length >= expected_length => match &base.ample {
            Some(ample) => judge_after_fault(ample, run),
            None => Judgement::SoFar { bytes: common },
        },
        (Ended | Faulted { .. }, CutOff) if length > expected_length => different(reference, run),
        (CutOff, Ended | Faulted { .. }) if length < expected_length => different(reference, run),
        (CutOff, Ended | Faulted { .. }) if base.cut == Some(Cut::Endless) => different(reference, run),
        (CutOff, _) | (_, CutOff) => Judgement::SoFar { bytes: common },
        (Ended | Faulted { .. }, Ended | Faulted { .. }) => {
            if reference.finish == run.finish && expected_length == length {
                Judgement::Same
            } else {
                different(reference, run)
            }
        }
    }
}

/// Compares a run that did at least as much as the faulting reference with the one on a longer tape.
fn judge_after_fault(ample: &Run, run: &Run) -> Judgement {
    let common = common_length(ample, run);
    let (expected_length, length) = (ample.output.len(), run.output.len());
    if common < expected_length.min(length) {
        return different(ample, run);
    }
    match (ample.finish, run.finish) {
        (Finish::Ended, _) if length > expected_length => different(ample, run),
        (Finish::Ended, Finish::Ended) if length < expected_length => different(ample, run),
        (Finish::CutOff | Finish::Faulted { .. }, _) if length > expected_length => Judgement::SoFar { bytes: common },
        (_, Finish::Faulted { .. }) | (Finish::Ended, Finish::Ended) => Judgement::Same,
        (_, Finish::CutOff | Finish::Ended) => Judgement::SoFar { bytes: common },
    }
}

fn common_length(a: &Run, b: &Run) -> usize {
    std::iter::zip(&a.output, &b.output).take_while(|(a, b)| a == b).count()
}

fn different(expected: &Run, run: &Run) -> Judgement {
    let byte = common_length(expected, run);
    let at = |run: &Run| run.output.get(byte).copied();
    let finishes = (expected.finish, run.finish);
    Judgement::Different(Difference { byte, expected: at(expected), got: at(run), finishes })
}

#[cfg(test)]
mod tests {
    use super::Exactness::{Exact, Optimized};
    use super::Finish::{CutOff, Ended, Faulted};
    use super::*;
    use crate::dialect::Dialect;
    use crate::verify::Bounds;
    use crate::verify::base::Case;
    use crate::verify::testing::{BOUNDS, program};

    /// What becomes of a run: the number of bytes where it differs, or is cut off, if it does or is.
    fn judged(code: &str, bounds: &Bounds, exactness: Exactness, finish: Finish, output: &[u8]) -> String {
        let program = program(code);
        let base = Base::new(Case { program: &program, dialect: Dialect::default(), input: b"" }, bounds);
        match judge(&base, &Run { finish, output: output.to_vec() }, exactness) {
            Judgement::Same => "same".into(),
            Judgement::SoFar { bytes } => format!("so far {bytes}"),
            Judgement::Different(difference) => format!("different {}", difference.byte),
        }
    }

    #[test]
    fn what_never_ends_has_no_end() {
        for exactness in [Exact, Optimized] {
            for (finish, output, expected) in [
                (Ended, &[1][..], "different 1"),
                (Ended, &[1, 2], "different 1"),
                (Faulted { cell: -1 }, &[1], "different 1"),
                (CutOff, &[1], "so far 1"),
                (CutOff, &[], "so far 0"),
            ] {
                let judged = judged("+.++[>[--]+<-]", &BOUNDS, exactness, finish, output);
                assert_eq!(judged, expected, "{finish:?} {output:?}");
            }
        }
    }

    #[test]
    fn an_end_allows_nothing_else() {
        for exactness in [Exact, Optimized] {
            for (finish, output, expected) in [
                (Ended, &[1, 2][..], "same"),
                (Ended, &[1], "different 1"),
                (Ended, &[1, 3], "different 1"),
                (Ended, &[1, 2, 3], "different 2"),
                (Faulted { cell: -1 }, &[1, 2], "different 2"),
                (CutOff, &[1], "so far 1"),
                (CutOff, &[2], "different 0"),
                (CutOff, &[1, 2, 3], "different 2"),
            ] {
                assert_eq!(judged("+.+.", &BOUNDS, exactness, finish, output), expected, "{finish:?} {output:?}");
            }
        }
    }

    #[test]
    fn where_the_reference_is_cut_off_its_output_so_far_counts() {
        let bounds = Bounds { output: 2, ..BOUNDS };
        for (finish, output, expected) in [
            (Ended, &[1, 2][..], "so far 2"),
            (Ended, &[1], "different 1"),
            (Faulted { cell: 5 }, &[1], "different 1"),
            (Ended, &[1, 2, 9], "so far 2"),
            (CutOff, &[1], "so far 1"),
            (CutOff, &[1, 3], "different 1"),
        ] {
            assert_eq!(judged("+[.+]", &bounds, Optimized, finish, output), expected, "{finish:?} {output:?}");
        }
    }

    #[test]
    fn a_fault_may_come_later_in_an_optimised_program_alone() {
        // On a longer tape it prints 1, 1, 2 and ends.
        let code = "+.<+.+.";
        for (finish, output, exact, optimized) in [
            (Faulted { cell: -1 }, &[1][..], "same", "same"),
            (Faulted { cell: -2 }, &[1], "different 1", "same"),
            (Faulted { cell: -1 }, &[1, 1], "different 1", "same"),
            (Ended, &[1, 1, 2], "different 1", "same"),
            (Ended, &[1], "different 1", "different 1"),
            (Ended, &[1, 1, 2, 3], "different 1", "different 3"),
            (Faulted { cell: -1 }, &[], "different 0", "different 0"),
            (Faulted { cell: -1 }, &[1, 2], "different 1", "different 1"),
            (CutOff, &[1, 1], "different 1", "so far 2"),
            (CutOff, &[], "so far 0", "so far 0"),
        ] {
            assert_eq!(judged(code, &BOUNDS, Exact, finish, output), exact, "exact: {finish:?} {output:?}");
            assert_eq!(judged(code, &BOUNDS, Optimized, finish, output), optimized, "{finish:?} {output:?}");
        }
    }
}
