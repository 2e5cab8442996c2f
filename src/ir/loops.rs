//! The loops of a program as a list, and some of them as a program of their own.

use super::{Kind, Op, Program, Shape};

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
    /// The outermost loops, and those in them with at least `min_ops` operations, in the order of their heads.
    #[must_use]
    pub fn loops(&self, min_ops: u32) -> Vec<LoopRange> {
        let mut loops: Vec<LoopRange> = Vec::new();
        let mut open: Vec<u32> = Vec::new();
        for (index, op) in (0..).zip(&self.ops) {
            while open.last().is_some_and(|&inner| loops[inner as usize].end < index) {
                open.pop();
            }
            if let Kind::Loop { end, .. } = op.kind {
                let found = LoopRange { head: index, end, parent: open.last().copied() };
                if found.parent.is_none() || found.ops() >= min_ops {
                    open.push(loops.len() as u32);
                    loops.push(found);
                }
            }
        }
        loops
    }

    /// A program of these loops, one behind the other.
    #[must_use]
    pub fn part(&self, loops: &[LoopRange]) -> Program {
        let mut part = Program { width: self.width, ops: Vec::new(), text: Vec::new(), shape: Shape::ANY };
        for range in loops {
            let (from, to) = (range.head, part.ops.len() as u32);
            let moved = |index: u32| index - from + to;
            for &Op { kind, span } in &self.ops[range.head as usize..=range.end as usize] {
                let kind = match kind {
                    Kind::Loop { cell, end } => Kind::Loop { cell, end: moved(end) },
                    Kind::If { cell, end } => Kind::If { cell, end: moved(end) },
                    Kind::LoopEnd { start } => Kind::LoopEnd { start: moved(start) },
                    Kind::IfEnd { start } => Kind::IfEnd { start: moved(start) },
                    Kind::Text { start, len } => {
                        let new_start = part.text.len() as u32;
                        part.text.extend_from_slice(&self.text[start as usize..(start + len) as usize]);
                        Kind::Text { start: new_start, len }
                    }
                    Kind::Add { .. }
                    | Kind::Set { .. }
                    | Kind::MulAdd { .. }
                    | Kind::Copy { .. }
                    | Kind::Product { .. }
                    | Kind::Move { .. }
                    | Kind::Scan { .. }
                    | Kind::Walk { .. }
                    | Kind::Count(_)
                    | Kind::Input { .. }
                    | Kind::Output { .. }
                    | Kind::Dump { .. } => kind,
                };
                part.ops.push(Op { kind, span });
            }
        }
        part
    }
}

#[cfg(test)]
mod tests {
    use crate::ir::{text, verify};

    const NEST: &str = "cells 8\ntext \"a\"\nloop [0]\n  loop [1]\n    add [1] 255\n  end\n  if [2]\n    loop [2]\n      \
        text \"bc\"\n      add [2] 1\n    end\n  end\nend\nloop [1]\nend\n";

    #[test]
    fn small_inner_loops_are_left_out() {
        let program = text::parse(NEST).unwrap();
        let heads = |min_ops| program.loops(min_ops).iter().map(|range| range.head).collect::<Vec<_>>();
        assert_eq!(heads(1), [1, 2, 6, 12]);
        assert_eq!(heads(4), [1, 6, 12]);
        assert_eq!(heads(100), [1, 12]);
        let loops = program.loops(4);
        assert_eq!((loops[1].parent, loops[2].parent, loops[0].ops()), (Some(0), None, 11));
    }

    #[test]
    fn loops_are_a_program() {
        let program = text::parse(NEST).unwrap();
        let loops = program.loops(1);
        let part = program.part(&[loops[2], loops[1]]);
        assert_eq!(verify::verify(&part), Ok(()));
        let expected = "cells 8\nloop [2]\n  text \"bc\"\n  add [2] 1\nend\nloop [1]\n  add [1] 255\nend\n";
        assert_eq!(text::print(&part, None), expected);
    }
}
