//! Why an innermost loop is still a loop.

use std::fmt;

use rustc_hash::FxHashSet;

use crate::ir::{Kind, Op, Program};
use crate::source::Span;

/// What keeps a loop from being computed at once. Cells are counted from the loop's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    Input,
    Output,
    Dump,
    /// The pointer does not come back.
    Drift {
        cells: i64,
    },
    /// A scan inside leaves the pointer somewhere.
    Scan,
    /// The pointer moves, or not, as a cell has it.
    ConditionalMove,
    /// Nothing changes the loop's cell.
    NoStep,
    /// It is changed otherwise than by a constant.
    StepVaries,
    /// A step that need not lead to 0.
    EvenStep {
        step: i64,
    },
    /// The body tests a cell.
    Test {
        cell: i64,
    },
    /// The body multiplies or copies a cell that it changes.
    Dependence {
        cell: i64,
    },
    /// Nothing of all that: the passes were not made for it, or came in another order.
    NoPass,
}

impl Reason {
    /// A name that does not change.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Reason::Input => "input",
            Reason::Output => "output",
            Reason::Dump => "dump",
            Reason::Drift { .. } => "drift",
            Reason::Scan => "scan",
            Reason::ConditionalMove => "conditional-move",
            Reason::NoStep => "no-step",
            Reason::StepVaries => "step-varies",
            Reason::EvenStep { .. } => "even-step",
            Reason::Test { .. } => "test",
            Reason::Dependence { .. } => "dependence",
            Reason::NoPass => "no-pass",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Reason::Input => write!(f, "contains input"),
            Reason::Output => write!(f, "contains output"),
            Reason::Dump => write!(f, "shows the tape"),
            Reason::Drift { cells } => write!(f, "pointer drifts by {cells:+} each iteration"),
            Reason::Scan => write!(f, "a scan inside ends where only the run can tell"),
            Reason::ConditionalMove => write!(f, "pointer moves under a condition"),
            Reason::NoStep => write!(f, "the loop's cell does not change"),
            Reason::StepVaries => write!(f, "the loop's cell is not changed by a constant"),
            Reason::EvenStep { step } => {
                write!(f, "counter steps by an even number, {step:+}, and may never be 0")
            }
            Reason::Test { cell } => write!(f, "body depends on whether {} is 0", Place(cell)),
            Reason::Dependence { cell } => write!(f, "body depends on {}, which it changes", Place(cell)),
            Reason::NoPass => write!(f, "nothing stands against it, but no pass took it"),
        }
    }
}

/// A cell, seen from the loop's.
struct Place(i64);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => write!(f, "the loop's cell"),
            right @ 1.. => write!(f, "the cell {right} to the right"),
            left => write!(f, "the cell {} to the left", left.unsigned_abs()),
        }
    }
}

/// Calls `found` for each loop of `program` without another inside.
pub(super) fn innermost_loops(program: &Program, mut found: impl FnMut(Span, Vec<Reason>)) {
    let mut last_head = None;
    for (index, op) in program.ops.iter().enumerate() {
        match op.kind {
            Kind::Loop { .. } => last_head = Some(index),
            // Of a loop's heads and ends, the innermost are those that follow each other.
            Kind::LoopEnd { start } if last_head == Some(start as usize) => {
                let head = program.ops[start as usize];
                let Kind::Loop { cell, .. } = head.kind else { continue };
                let body = &program.ops[start as usize + 1..index];
                let counts = |op: Option<&Op>| {
                    op.is_some_and(|op| {
                        matches!(
                            op.kind,
                            Kind::Count(_)
                                | Kind::Divide { .. }
                                | Kind::Ripple { .. }
                                | Kind::Hold { .. }
                                | Kind::AddHeld { .. }
                                | Kind::Release { .. }
                        )
                    })
                };
                if counts(body.first()) || counts(program.ops[..start as usize].last()) {
                    continue;
                }
                found(head.span, reasons(body, i64::from(cell), program.width.bits()));
            }
            _ => {}
        }
    }
}

/// What is seen of a body.
#[derive(Default)]
struct Body {
    /// What it does besides computing.
    effects: Vec<Reason>,
    /// Where the pointer is, from where the body began.
    moved: i64,
    /// What every iteration adds to the loop's cell.
    step: u64,
    step_varies: bool,
    /// Places that are changed, and those that are read or tested, with what is said of them. Counted like
    /// [`Body::moved`].
    changed: FxHashSet<i64>,
    read: Vec<i64>,
    tested: Vec<i64>,
}

impl Body {
    fn effect(&mut self, reason: Reason) {
        if !self.effects.contains(&reason) {
            self.effects.push(reason);
        }
    }
}

/// Why the loop on `counter` with this body is left. Effects are reason enough; without them
/// the arithmetic is to blame.
fn reasons(ops: &[Op], counter: i64, bits: u32) -> Vec<Reason> {
    let body = look(ops, counter);
    if !body.effects.is_empty() {
        return body.effects;
    }
    let mut reasons = Vec::new();
    // The step as the number nearest to 0 that it stands for.
    let step = ((body.step << (64 - bits)) as i64) >> (64 - bits);
    if body.step_varies {
        reasons.push(Reason::StepVaries);
    } else if step == 0 {
        reasons.push(Reason::NoStep);
    } else if step % 2 == 0 {
        reasons.push(Reason::EvenStep { step });
    }
    let tested = body.tested.first();
    if let Some(place) = tested {
        reasons.push(Reason::Test { cell: place - counter });
    }
    if let Some(place) = body.read.iter().find(|place| body.changed.contains(place))
        && tested != Some(place)
    {
        reasons.push(Reason::Dependence { cell: place - counter });
    }
    if reasons.is_empty() {
        reasons.push(Reason::NoPass);
    }
    reasons
}

fn look(ops: &[Op], counter: i64) -> Body {
    let mut body = Body::default();
    // Where the pointer was at the heads of the open conditions.
    let mut conditions: Vec<i64> = Vec::new();
    for op in ops {
        let at = |cell: i32| i64::from(cell);
        let mut read = [None; 2];
        let mut changed = None;
        match op.kind {
            Kind::Add { cell, delta } => {
                let place = body.moved + at(cell);
                body.changed.insert(place);
                if place == counter {
                    body.step = body.step.wrapping_add(delta);
                    body.step_varies |= !conditions.is_empty();
                }
            }
            Kind::Set { cell, .. } => changed = Some(cell),
            Kind::MulAdd { target, source, .. }
            | Kind::Copy { target, source, .. }
            | Kind::MinAdd { target, source, .. } => {
                changed = Some(target);
                read[0] = Some(source);
            }
            Kind::Product { target, left, right, .. } => {
                changed = Some(target);
                read = [Some(left), Some(right)];
            }
            Kind::Move { delta } => body.moved += i64::from(delta),
            Kind::Count(count) => {
                body.changed.extend(count.changed_cells().map(|cell| body.moved + at(cell)));
            }
            Kind::Divide { cell, quotient, .. } => {
                body.changed.extend([cell, quotient].map(|cell| body.moved + at(cell)));
            }
            Kind::Scan { .. }
            | Kind::Walk { .. }
            | Kind::Ripple { .. }
            | Kind::Hold { .. }
            | Kind::AddHeld { .. }
            | Kind::Release { .. } => body.effect(Reason::Scan),
            Kind::Input { cell } => {
                body.effect(Reason::Input);
                changed = Some(cell);
            }
            Kind::Output { .. } | Kind::Text { .. } => body.effect(Reason::Output),
            Kind::Dump { .. } => body.effect(Reason::Dump),
            Kind::If { cell, .. } => {
                body.tested.push(body.moved + at(cell));
                conditions.push(body.moved);
            }
            Kind::IfEnd { .. } => {
                let at_head = conditions.pop().unwrap_or(body.moved);
                if at_head != body.moved {
                    body.effect(Reason::ConditionalMove);
                    body.moved = at_head;
                }
            }
            // The loop is an innermost one.
            Kind::Loop { .. } | Kind::LoopEnd { .. } => {}
        }
        body.read.extend(read.into_iter().flatten().map(|cell| body.moved + at(cell)));
        if let Some(cell) = changed {
            let place = body.moved + at(cell);
            body.changed.insert(place);
            body.step_varies |= place == counter;
        }
    }
    if body.moved != 0 {
        body.effect(Reason::Drift { cells: body.moved });
    }
    body
}
