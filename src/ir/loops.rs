//! The loops of a program as a list, and some of them as programs of their own.

use super::{Entry, Kind, Op, Program, Shape};
use crate::dialect::CellWidth;

/// A loop: the operations from `head` up to its end, at index `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoopRange {
    pub head: u32,
    pub end: u32,
    /// The innermost loop of the list that holds this one: its index in the list.
    pub parent: Option<u32>,
}

impl LoopRange {
    /// How many operations the loop has, those of inner loops and its two ends included.
    #[must_use]
    pub fn ops(&self) -> u32 {
        self.end - self.head + 1
    }
}

impl Program {
    /// The outermost loops with at least `min_outermost` operations, and those in them with at least `min_inner`, in the order of
    /// their heads.
    #[must_use]
    pub fn loops(&self, min_outermost: u32, min_inner: u32) -> Vec<LoopRange> {
        let mut loops: Vec<LoopRange> = Vec::new();
        let mut open: Vec<u32> = Vec::new();
        let mut end_of_outermost = 0;
        for (index, op) in (0..).zip(&self.ops) {
            if let Kind::Loop { end, .. } = op.kind {
                while open.last().is_some_and(|&inner| loops[inner as usize].end < index) {
                    open.pop();
                }
                let found = LoopRange { head: index, end, parent: open.last().copied() };
                let is_outermost = index >= end_of_outermost;
                if is_outermost {
                    end_of_outermost = end;
                }
                if found.ops() >= if is_outermost { min_outermost } else { min_inner } {
                    open.push(loops.len() as u32);
                    loops.push(found);
                }
            }
        }
        loops
    }

    /// The loop as a program of its own.
    #[must_use]
    pub fn part(&self, range: &LoopRange) -> Program {
        let mut part = Program::of_parts(self.width);
        part.append(&self.ops[range.head as usize..=range.end as usize], range.head, &self.text);
        part
    }

    /// Whether something may be done more than once.
    #[must_use]
    pub fn has_loops(&self) -> bool {
        self.ops.iter().any(|op| matches!(op.kind, Kind::Loop { .. } | Kind::Scan { .. } | Kind::Walk { .. }))
    }

    /// These programs for loops, one behind the other.
    #[must_use]
    pub fn joined(width: CellWidth, parts: impl IntoIterator<Item = Program>) -> Program {
        let mut whole = Program::of_parts(width);
        parts.into_iter().for_each(|part| whole.append(&part.ops, 0, &part.text));
        whole
    }

    /// What has become of the loop with this head, as a loop. It leaves the cell that the head tests at 0, or it would not have
    /// ended, and does nothing where that is 0: so a loop around it runs once.
    #[must_use]
    pub fn as_loop(self, head: Op) -> Program {
        let Kind::Loop { cell, .. } = head.kind else { return self };
        let last = self.ops.len().checked_sub(1);
        if matches!(self.ops.first(), Some(Op { kind: Kind::Loop { end, .. }, .. }) if Some(*end as usize) == last) {
            return self;
        }
        let end = self.ops.len() as u32 + 1;
        let mut whole = Program::of_parts(self.width);
        whole.ops.push(Op { kind: Kind::Loop { cell, end }, ..head });
        whole.append(&self.ops, 0, &self.text);
        whole.ops.push(Op { kind: Kind::LoopEnd { start: 0 }, ..head });
        whole
    }

    fn of_parts(width: CellWidth) -> Program {
        Program { width, entry: Entry::Anywhere, ops: Vec::new(), text: Vec::new(), shape: Shape::ANY }
    }

    /// Appends operations out of a program with this text, in which the first has the index `from`.
    fn append(&mut self, ops: &[Op], from: u32, text: &[u8]) {
        let to = self.ops.len();
        let moved = |index: u32| index - from + to as u32;
        self.ops.extend_from_slice(ops);
        for Op { kind, .. } in self.ops[to..].iter_mut().filter(|op| op.kind.is_placed()) {
            match kind {
                Kind::Loop { end, .. } | Kind::If { end, .. } => *end = moved(*end),
                Kind::LoopEnd { start } | Kind::IfEnd { start } => *start = moved(*start),
                Kind::Text { start, len } => {
                    let bytes = &text[*start as usize..(*start + *len) as usize];
                    *start = self.text.len() as u32;
                    self.text.extend_from_slice(bytes);
                }
                other => unreachable!("{other:?} is the same everywhere"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::dialect::CellWidth;
    use crate::ir::{Program, text, verify};

    const NEST: &str = "cells 8\ntext \"a\"\nloop [0]\n  loop [1]\n    add [1] 255\n  end\n  if [2]\n    loop [2]\n      \
        text \"bc\"\n      add [2] 1\n    end\n  end\nend\nloop [1]\nend\n";

    #[test]
    fn small_inner_loops_are_left_out() {
        let program = text::parse(NEST).unwrap();
        let heads =
            |outermost, inner| program.loops(outermost, inner).iter().map(|range| range.head).collect::<Vec<_>>();
        assert_eq!(heads(0, 1), [1, 2, 6, 12]);
        assert_eq!(heads(0, 4), [1, 6, 12]);
        assert_eq!(heads(0, 100), [1, 12]);
        assert_eq!(heads(4, 4), [1, 6]);
        let loops = program.loops(0, 4);
        assert_eq!((loops[1].parent, loops[2].parent, loops[0].ops()), (Some(0), None, 11));
    }

    #[test]
    fn loops_are_a_program() {
        let program = text::parse(NEST).unwrap();
        let loops = program.loops(0, 1);
        let part = Program::joined(CellWidth::W8, [program.part(&loops[2]), program.part(&loops[1])]);
        assert_eq!(verify::verify(&part), Ok(()));
        let expected = "cells 8\nloop [2]\n  text \"bc\"\n  add [2] 1\nend\nloop [1]\n  add [1] 255\nend\n";
        assert_eq!(text::print(&part, None), expected);
    }

    #[test]
    fn what_has_become_of_a_loop_is_a_loop() {
        let head = text::parse("cells 8\nloop [2]\nend").unwrap().ops[0];
        let check = |ops: &str, expected: &str| {
            let part = text::parse(&format!("cells 8\n{ops}")).unwrap();
            let whole = Program { shape: part.shape, ..part.as_loop(head) };
            assert_eq!(verify::verify(&whole), Ok(()));
            assert_eq!(text::print(&whole, None), format!("cells 8\n{expected}"));
        };
        check("loop [2]\nadd [2] 255\nend", "loop [2]\n  add [2] 255\nend\n");
        check("muladd [3] [2] 1\nset [2] 0", "loop [2]\n  muladd [3] [2] 1\n  set [2] 0\nend\n");
        check("loop [2]\nend\nloop [3]\nend", "loop [2]\n  loop [2]\n  end\n  loop [3]\n  end\nend\n");
        check("", "loop [2]\nend\n");
    }
}
