//! What is left of each loop of the source in a program: its head, and the operations in its span.

use std::fmt;

use crate::ir::{Kind, Op, Program};
use crate::source::Span;

/// A kind of operation, as remarks speak of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    MultiplyAdd,
    Product,
    Minimum,
    Copy,
    Assignment,
    Addition,
    Move,
    Scan,
    Walk,
    Count,
    Ripple,
    Transfer,
    Text,
    Input,
    Output,
    Dump,
    Condition,
    Loop,
}

/// The classes in the order in which they are listed, with their names for one and for several.
const CLASSES: [(Class, &str, &str); 18] = [
    (Class::MultiplyAdd, "multiply-add", "multiply-adds"),
    (Class::Product, "product", "products"),
    (Class::Minimum, "minimum", "minima"),
    (Class::Copy, "copy", "copies"),
    (Class::Assignment, "assignment", "assignments"),
    (Class::Addition, "addition", "additions"),
    (Class::Move, "move", "moves"),
    (Class::Scan, "scan", "scans"),
    (Class::Walk, "walk", "walks"),
    (Class::Count, "count", "counts"),
    (Class::Ripple, "binary count", "binary counts"),
    (Class::Transfer, "far transfer", "far transfers"),
    (Class::Text, "text", "texts"),
    (Class::Input, "input", "inputs"),
    (Class::Output, "output", "outputs"),
    (Class::Dump, "dump", "dumps"),
    (Class::Condition, "condition", "conditions"),
    (Class::Loop, "loop", "loops"),
];

impl Class {
    /// The class of an operation; the end of a loop or condition has none.
    fn of(kind: Kind) -> Option<Class> {
        Some(match kind {
            Kind::MulAdd { .. } => Class::MultiplyAdd,
            Kind::Product { .. } => Class::Product,
            Kind::MinAdd { .. } => Class::Minimum,
            Kind::Copy { .. } => Class::Copy,
            Kind::Set { .. } => Class::Assignment,
            Kind::Add { .. } => Class::Addition,
            Kind::Move { .. } => Class::Move,
            Kind::Scan { .. } => Class::Scan,
            Kind::Walk { .. } => Class::Walk,
            Kind::Count(_) | Kind::Divide { .. } => Class::Count,
            Kind::Ripple { .. } => Class::Ripple,
            Kind::Hold { .. } => Class::Transfer,
            Kind::Text { .. } => Class::Text,
            Kind::Input { .. } => Class::Input,
            Kind::Output { .. } => Class::Output,
            Kind::Dump { .. } => Class::Dump,
            Kind::If { .. } => Class::Condition,
            Kind::Loop { .. } => Class::Loop,
            Kind::AddHeld { .. } | Kind::Release { .. } | Kind::LoopEnd { .. } | Kind::IfEnd { .. } => return None,
        })
    }

    /// Its name, for one operation.
    #[must_use]
    pub fn singular(self) -> &'static str {
        CLASSES[self as usize].1
    }
}

/// How many operations of each class there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    counts: [u32; CLASSES.len()],
    /// The length of all texts.
    text_bytes: u32,
    /// Of the last scan or walk.
    stride: i32,
}

impl Contents {
    fn add(&mut self, class: Class, kind: Kind) {
        self.counts[class as usize] += 1;
        match kind {
            Kind::Text { len, .. } => self.text_bytes = self.text_bytes.saturating_add(len),
            Kind::Scan { stride, .. } | Kind::Walk { stride, .. } => self.stride = stride,
            _ => {}
        }
    }

    fn join(&mut self, inner: &Contents) {
        for (count, more) in std::iter::zip(&mut self.counts, inner.counts) {
            *count += more;
        }
        self.text_bytes = self.text_bytes.saturating_add(inner.text_bytes);
        if inner.stride != 0 {
            self.stride = inner.stride;
        }
    }

    pub(super) fn count(&self, class: Class) -> u32 {
        self.counts[class as usize]
    }

    fn total(&self) -> u32 {
        self.counts.iter().sum()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.total() == 0
    }

    /// How many operations stand for loops without going around.
    pub(super) fn solved(&self) -> u32 {
        [Class::MultiplyAdd, Class::Product, Class::Copy, Class::Scan, Class::Walk]
            .iter()
            .map(|&class| self.count(class))
            .sum()
    }

    /// The classes that occur, with their numbers.
    pub fn counts(&self) -> impl Iterator<Item = (Class, u32)> {
        CLASSES.iter().map(|&(class, ..)| (class, self.count(class))).filter(|&(_, count)| count > 0)
    }
}

/// `2 multiply-adds and 1 assignment`
impl fmt::Display for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self
            .counts()
            .map(|(class, count)| match (class, count) {
                (Class::Scan | Class::Walk, 1) => format!("1 {} of stride {}", class.singular(), self.stride),
                (Class::Text, _) => format!("text of {} bytes", self.text_bytes),
                (_, 1) => format!("1 {}", class.singular()),
                _ => format!("{count} {}", CLASSES[class as usize].2),
            })
            .collect();
        match &parts[..] {
            [] => write!(f, "nothing"),
            [only] => write!(f, "{only}"),
            [first @ .., last] => write!(f, "{} and {last}", first.join(", ")),
        }
    }
}

/// The loops of the source, in its order: outer ones before those inside.
#[derive(Debug)]
pub(super) struct SourceLoops {
    loops: Vec<SourceLoop>,
    /// Where another loop is the innermost one than before, and which, if any.
    changes: Vec<(u32, Option<usize>)>,
}

#[derive(Debug)]
struct SourceLoop {
    span: Span,
    parent: Option<usize>,
}

impl SourceLoops {
    /// The loops of a program that no pass has changed.
    pub(super) fn of(program: &Program) -> SourceLoops {
        let heads = program.ops.iter().filter(|op| matches!(op.kind, Kind::Loop { .. }));
        let mut found = SourceLoops { loops: Vec::new(), changes: vec![(0, None)] };
        let mut open: Vec<usize> = Vec::new();
        for &Op { span, .. } in heads {
            found.leave(&mut open, span.start);
            found.changes.push((span.start, Some(found.loops.len())));
            let parent = open.last().copied();
            open.push(found.loops.len());
            found.loops.push(SourceLoop { span, parent });
        }
        found.leave(&mut open, u32::MAX);
        found
    }

    /// Closes the loops that end before `offset`.
    fn leave(&mut self, open: &mut Vec<usize>, offset: u32) {
        while let Some(index) = open.pop_if(|index| self.loops[*index].span.end <= offset) {
            self.changes.push((self.loops[index].span.end, self.loops[index].parent));
        }
    }

    pub(super) fn len(&self) -> usize {
        self.loops.len()
    }

    pub(super) fn span(&self, index: usize) -> Span {
        self.loops[index].span
    }

    pub(super) fn parent(&self, index: usize) -> Option<usize> {
        self.loops[index].parent
    }

    /// The stretch of the source that holds `offset`, one between two neighbouring brackets. `near` is
    /// where the search begins.
    fn stretch(&self, offset: u32, near: usize) -> usize {
        let starts_by = |stretch: usize| self.changes.get(stretch).is_some_and(|&(start, _)| start <= offset);
        for stretch in near..near + 3 {
            if starts_by(stretch) && !starts_by(stretch + 1) {
                return stretch;
            }
        }
        self.changes.partition_point(|&(start, _)| start <= offset) - 1
    }
}

/// What the head of a loop is now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Head {
    #[default]
    None,
    If,
    Loop,
}

/// What is left of one loop.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct State {
    pub(super) head: Head,
    /// Whether the loop as a whole has an assignment of 0: that is what a loop does to its cell.
    pub(super) is_cleared: bool,
    /// What counts many of its iterations at once, in front of its body or of the loop.
    pub(super) counted: Option<Class>,
    /// How many operations lie in its span and not in that of a loop inside.
    pub(super) direct: u32,
    /// What lies in its span besides, inner loops included.
    pub(super) contents: Contents,
}

impl State {
    /// What it does. That its own cell is cleared goes without saying, unless it is all.
    pub(super) fn whole(&self) -> Contents {
        let mut contents = self.contents;
        if contents.is_empty() && self.is_cleared {
            contents.counts[Class::Assignment as usize] = 1;
        }
        contents
    }
}

/// What is left of every loop of the source.
#[derive(Debug, Default)]
pub(super) struct Look {
    states: Vec<State>,
    /// The operations whose spans reach over brackets, in the order of their starts. The end is the
    /// farthest so far, with the class of the operation that reaches there.
    reaching: Vec<(u32, u32, Class)>,
}

impl Look {
    /// Looks at `program`.
    pub(super) fn take(&mut self, loops: &SourceLoops, program: &Program) {
        self.states.clear();
        self.states.resize(loops.len(), State::default());
        self.reaching.clear();
        let mut stretch = 0;
        // The loop whose head was last, if nothing followed.
        let mut last_head = None;
        for op in &program.ops {
            let Some(class) = Class::of(op.kind) else { continue };
            stretch = loops.stretch(op.span.start, stretch);
            let innermost = loops.changes[stretch].1;
            let whole = innermost.filter(|&index| loops.span(index) == op.span);
            let around = last_head.take();
            if class == Class::Loop {
                last_head = whole;
            }
            if let Class::Count | Class::Ripple = class
                && let Some(index) = around.or(whole)
            {
                self.states[index].counted = Some(class);
            }
            let head = match class {
                Class::Loop => Head::Loop,
                Class::Condition => Head::If,
                _ => Head::None,
            };
            let holder = match whole {
                Some(index) if head != Head::None => {
                    self.states[index].head = self.states[index].head.max(head);
                    loops.parent(index)
                }
                Some(index) if matches!(op.kind, Kind::Set { value: 0, .. }) => {
                    self.states[index].is_cleared = true;
                    None
                }
                _ => innermost,
            };
            if let Some(index) = holder {
                self.states[index].contents.add(class, op.kind);
                self.states[index].direct += u32::from(head == Head::None);
            }
            if head == Head::None && loops.stretch(op.span.end.saturating_sub(1), stretch) != stretch {
                self.reaching.push((op.span.start, op.span.end, class));
            }
        }
        self.hand_up(loops);
        self.reaching.sort_by_key(|&(start, ..)| start);
        let mut farthest = (0, Class::Move);
        for (_, end, class) in &mut self.reaching {
            farthest = if *end > farthest.0 { (*end, *class) } else { farthest };
            (*end, *class) = farthest;
        }
    }

    /// Adds to the contents of each loop those of the loops inside.
    fn hand_up(&mut self, loops: &SourceLoops) {
        for index in (0..loops.len()).rev() {
            let mut contents = self.states[index].contents;
            contents.counts[Class::Assignment as usize] += u32::from(self.states[index].is_cleared);
            if let Some(parent) = loops.parent(index) {
                self.states[parent].contents.join(&contents);
            }
        }
    }

    pub(super) fn of(&self, index: usize) -> &State {
        &self.states[index]
    }

    /// The class of an operation that comes from before `span` and goes over all of it.
    pub(super) fn covering(&self, span: Span) -> Option<Class> {
        let before = self.reaching.partition_point(|&(start, ..)| start < span.start);
        let &(_, end, class) = self.reaching[..before].last()?;
        (end >= span.end).then_some(class)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_stand_in_the_table_under_their_own_number() {
        for (index, (class, ..)) in CLASSES.iter().enumerate() {
            assert_eq!(*class as usize, index);
        }
    }

    #[test]
    fn contents_are_listed_with_numbers() {
        let mut contents = Contents::default();
        assert_eq!(contents.to_string(), "nothing");
        contents.add(Class::Scan, Kind::Scan { cell: 0, stride: -9 });
        assert_eq!(contents.to_string(), "1 scan of stride -9");
        contents.add(Class::Text, Kind::Text { start: 0, len: 7 });
        contents.add(Class::Copy, Kind::Copy { target: 0, source: 1, factor: 1 });
        contents.add(Class::Copy, Kind::Copy { target: 0, source: 1, factor: 1 });
        assert_eq!(contents.to_string(), "2 copies, 1 scan of stride -9 and text of 7 bytes");
    }
}
