//! Makes programs: operations one behind the other, whose heads and ends find each other.

use super::{Entry, Kind, Op, Program, Shape};
use crate::dialect::CellWidth;
use crate::source::Span;

/// Appends operations and matches the ends of loops and conditions with their heads.
#[derive(Debug, Default)]
pub struct Builder {
    ops: Vec<Op>,
    matcher: Matcher,
}

impl Builder {
    /// Appends `kind`. The indices in heads and ends are filled in here; what they hold is ignored.
    ///
    /// # Panics
    /// At an end without a head, which no caller produces: [`Builder::open_heads`] tells.
    pub fn push(&mut self, kind: Kind, span: Span) {
        let here = self.ops.len();
        let kind = self.matcher.place(&mut self.ops, here, kind);
        self.ops.push(Op { kind, span });
    }

    /// Appends `kind`, which is neither head nor end nor text, for each byte from offset `start` up to `end` of the source.
    pub fn push_each(&mut self, kind: Kind, start: u32, end: u32) {
        debug_assert!(!kind.is_placed());
        self.ops.extend((start..end).map(|at| Op { kind, span: Span { start: at, end: at + 1 } }));
    }

    /// Lets the head of the loop or condition that ended last span all of it.
    pub fn span_whole(&mut self) {
        if let Some(&Op { kind: Kind::LoopEnd { start } | Kind::IfEnd { start }, span }) = self.ops.last() {
            self.ops[start as usize].span.end = span.end;
        }
    }

    /// The operations so far.
    #[must_use]
    pub fn ops(&self) -> &[Op] {
        &self.ops
    }

    /// The indices of the heads whose ends are still to come.
    #[must_use]
    pub fn open_heads(&self) -> &[u32] {
        &self.matcher.open
    }

    /// The finished program.
    #[must_use]
    pub fn finish(self, width: CellWidth) -> Program {
        debug_assert!(self.matcher.open.is_empty(), "every head has its end");
        Program { width, entry: Entry::default(), ops: self.ops, text: Vec::new(), shape: self.matcher.shape }
    }
}

/// Matches heads and ends as they come.
#[derive(Debug)]
pub(super) struct Matcher {
    pub open: Vec<u32>,
    pub shape: Shape,
}

impl Default for Matcher {
    fn default() -> Self {
        Matcher { open: Vec::new(), shape: Shape::EMPTY }
    }
}

impl Matcher {
    /// The operation `kind` as it stands at index `here` of `ops`, its partner's index filled in.
    pub fn place(&mut self, ops: &mut [Op], here: usize, kind: Kind) -> Kind {
        let here = here as u32;
        match kind {
            Kind::Loop { .. } | Kind::If { .. } => {
                self.open.push(here);
                kind
            }
            Kind::LoopEnd { .. } | Kind::IfEnd { .. } => {
                let start = self.open.pop().expect("an end follows its head");
                self.shape.end(&ops[..here as usize], start);
                match &mut ops[start as usize].kind {
                    Kind::Loop { end, .. } | Kind::If { end, .. } => *end = here,
                    other => unreachable!("{other:?} was opened"),
                }
                match kind {
                    Kind::LoopEnd { .. } => Kind::LoopEnd { start },
                    _ => Kind::IfEnd { start },
                }
            }
            Kind::Add { .. }
            | Kind::Set { .. }
            | Kind::MulAdd { .. }
            | Kind::Copy { .. }
            | Kind::Product { .. }
            | Kind::MinAdd { .. }
            | Kind::Move { .. }
            | Kind::Scan { .. }
            | Kind::Walk { .. }
            | Kind::Count(_)
            | Kind::Divide { .. }
            | Kind::Ripple { .. }
            | Kind::Hold { .. }
            | Kind::AddHeld { .. }
            | Kind::Release { .. }
            | Kind::Input { .. }
            | Kind::Output { .. }
            | Kind::Text { .. }
            | Kind::Dump { .. } => kind,
        }
    }
}
