//! What the passes made of each loop, and why the innermost loops that are left are still loops.
//!
//! ```text
//! prog.bf:12:5: remark: loop became 2 multiply-adds [multiply]
//! prog.bf:30:1: missed: pointer drifts by +1 each iteration [multiply]
//! ```
//! The passes take no part in this. Operations carry their place in the source, and the span of a head
//! is its whole loop: so an [`Observer`] that sees the program after each pass finds in the span of a loop what
//! became of it ([`look`]), whatever the pass. Each look is one walk over the program. At the end [`missed`]
//! says what keeps the loops that are left.
//!
//! # As JSON
//!
//! One object a line, with at least these members, which stay: `kind` (`passed`, `missed` or `analysis`), `pass` (its
//! name, or null where no pass is to be named), `what` (a name for the kind of remark that does not change with its
//! wording), `message`, `file`, `line`, `column`, `end_line`, `end_column` (counted from 1; the end is
//! behind the last character), `byte_start`, `byte_end`. Passed remarks about what a loop became have `operations`, an object
//! with the number of each kind; missed ones have `reasons`, a list of names.

mod look;
mod missed;

use std::fmt;

use serde_json::json;

use crate::diagnostic::printable;
use crate::ir::{Kind, Program};
use crate::source::{Source, Span};

pub use look::{Class, Contents};
use look::{Head, Look, SourceLoops};
pub use missed::Reason;

/// The pass that runs what it finds instead of rewriting it: nothing it leaves is a form of a loop.
const EVALUATING_PASSES: [&str; 2] = ["evaluate", "evaluate-start"];

/// Passes that delete loops because they never run; others may have put what a loop does elsewhere.
const DELETING_PASSES: [&str; 2] = ["deadloops", "values"];

/// The pass that is there for counted loops, which missed those that are left.
const LOOP_PASS: &str = "multiply";

/// What is said of one place in the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    pub pass: Option<&'static str>,
    pub span: Span,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The loop is computed without going around.
    Became(Contents),
    /// It goes around once at most.
    Condition,
    /// Its body runs once, untested, being certain to run or without effect otherwise; what is left of it.
    Untested(Contents),
    /// It goes around only where many iterations are not done at once by this.
    Counted(Class),
    /// Nothing was in the loop but another, on the same cell.
    Hollow,
    /// All it does is in one operation with what comes before.
    Merged(Class),
    /// It never runs, or does nothing.
    Dead,
    /// Nothing is left in its place: it is dead, or what it does is done elsewhere.
    Gone,
    /// It has run already.
    Evaluated,
    /// Up to here the program has run already, because of input or for another reason.
    EvaluatedUpTo { is_input: bool },
    /// An innermost loop is left.
    Missed(Vec<Reason>),
}

impl What {
    fn kind(&self) -> &'static str {
        match self {
            What::Missed(_) => "missed",
            What::EvaluatedUpTo { .. } => "analysis",
            What::Became(_)
            | What::Condition
            | What::Untested(_)
            | What::Counted(_)
            | What::Hollow
            | What::Merged(_)
            | What::Dead
            | What::Gone
            | What::Evaluated => "passed",
        }
    }

    fn name(&self) -> &'static str {
        match self {
            What::Became(_) => "became",
            What::Condition => "condition",
            What::Untested(_) => "untested",
            What::Counted(_) => "counted",
            What::Hollow => "hollow",
            What::Merged(_) => "merged",
            What::Dead => "dead",
            What::Gone => "gone",
            What::Evaluated => "evaluated",
            What::EvaluatedUpTo { .. } => "evaluated-up-to",
            What::Missed(_) => "missed",
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::Became(contents) => write!(f, "loop became {contents}"),
            What::Condition => write!(f, "loop runs at most once: it became a condition"),
            What::Untested(contents) => write!(f, "its test is gone; left of it: {contents}"),
            What::Counted(class) => write!(f, "many iterations are done at once, by a {}", class.singular()),
            What::Hollow => write!(f, "loop became the loop inside it"),
            What::Merged(class) => write!(f, "loop became part of the {} before it", class.singular()),
            What::Dead => write!(f, "loop deleted as dead"),
            What::Gone => write!(f, "nothing is left of the loop here"),
            What::Evaluated => write!(f, "loop ran at compile time"),
            What::EvaluatedUpTo { is_input: true } => {
                write!(f, "the program ran at compile time up to here, where it reads input")
            }
            What::EvaluatedUpTo { is_input: false } => write!(f, "the program ran at compile time up to here"),
            What::Missed(reasons) => {
                for (index, reason) in reasons.iter().enumerate() {
                    write!(f, "{}{reason}", if index == 0 { "" } else { ", " })?;
                }
                Ok(())
            }
        }
    }
}

/// Sees a program go through the passes.
#[derive(Debug)]
pub struct Observer {
    loops: SourceLoops,
    /// The loops after the last pass, and room for the next look.
    last: Look,
    next: Look,
    remarks: Vec<Remark>,
    /// Whether the pass for counted loops had its chance.
    has_loop_pass: bool,
}

impl Observer {
    /// Starts with the program as it was parsed.
    #[must_use]
    pub fn new(program: &Program) -> Observer {
        let loops = SourceLoops::of(program);
        let mut last = Look::default();
        last.take(&loops, program);
        Observer { loops, last, next: Look::default(), remarks: Vec::new(), has_loop_pass: false }
    }

    /// Takes note of what `pass` made of the program.
    pub fn after(&mut self, pass: &'static str, program: &Program) {
        self.has_loop_pass |= pass == LOOP_PASS;
        self.next.take(&self.loops, program);
        let mut evaluated_to = None;
        // Loops whose remark speaks for all that was inside of them. Outer loops come first.
        let mut speaks_for_inside = vec![false; self.loops.len()];
        for index in 0..self.loops.len() {
            let span = self.loops.span(index);
            let is_spoken_for = self.loops.parent(index).is_some_and(|parent| speaks_for_inside[parent]);
            if is_spoken_for {
                speaks_for_inside[index] = true;
                continue;
            }
            let Some(what) = self.change(index, pass) else { continue };
            speaks_for_inside[index] = match what {
                What::Became(_) | What::Merged(_) | What::Dead | What::Gone | What::Evaluated => true,
                What::Condition
                | What::Untested(_)
                | What::Counted(_)
                | What::Hollow
                | What::EvaluatedUpTo { .. }
                | What::Missed(_) => false,
            };
            if what == What::Evaluated {
                evaluated_to = Some(span.end);
            }
            self.remarks.push(Remark { pass: Some(pass), span, what });
        }
        if let Some(end) = evaluated_to {
            self.remarks.extend(stop(program, end).map(|(span, what)| Remark { pass: Some(pass), span, what }));
        }
        std::mem::swap(&mut self.last, &mut self.next);
    }

    /// What happened to a loop between the last look and the next.
    fn change(&self, index: usize, pass: &str) -> Option<What> {
        let (before, after) = (self.last.of(index), self.next.of(index));
        let is_solved = (after.is_cleared && !before.is_cleared) || after.contents.solved() > before.contents.solved();
        let contents = after.whole();
        match (before.head, after.head) {
            (_, Head::Loop) if before.counted.is_none() => after.counted.map(What::Counted),
            (Head::None, _) | (_, Head::Loop) | (Head::If, Head::If) => None,
            (_, Head::None) if EVALUATING_PASSES.contains(&pass) => Some(What::Evaluated),
            (Head::Loop, Head::If) if is_solved => Some(What::Became(contents)),
            (Head::Loop, Head::If) => Some(What::Condition),
            (_, Head::None) if contents.is_empty() => match self.next.covering(self.loops.span(index)) {
                Some(class) => Some(What::Merged(class)),
                None if DELETING_PASSES.contains(&pass) => Some(What::Dead),
                None => Some(What::Gone),
            },
            (Head::Loop, Head::None) if is_solved => Some(What::Became(contents)),
            (Head::Loop, Head::None) if after.direct == 0 && contents.count(Class::Loop) > 0 => Some(What::Hollow),
            (Head::Loop | Head::If, Head::None) => Some(What::Untested(contents)),
        }
    }

    /// All remarks, in the order of the source, those about one loop in the order of the passes.
    /// `program` is what the last pass left.
    #[must_use]
    pub fn finish(self, program: &Program) -> Vec<Remark> {
        let mut remarks = self.remarks;
        let pass = self.has_loop_pass.then_some(LOOP_PASS);
        missed::innermost_loops(program, |span, reasons| {
            remarks.push(Remark { pass, span, what: What::Missed(reasons) });
        });
        remarks.sort_by_key(|remark| remark.span.start);
        remarks
    }
}

/// The place at which evaluation stopped: behind all that was evaluated, of which the last loop ends at
/// `end`.
fn stop(program: &Program, end: u32) -> Option<(Span, What)> {
    // What evaluation leaves stands at the front, and spans everything that was evaluated.
    let end =
        program.ops.first().map_or(end, |first| if first.span.start < end { first.span.end.max(end) } else { end });
    let index = program.ops.iter().position(|op| op.span.start >= end)?;
    let op = program.ops[index];
    let body_end = match op.kind {
        Kind::Loop { end, .. } | Kind::If { end, .. } => end as usize,
        _ => index,
    };
    let is_input = program.ops[index..=body_end].iter().any(|op| matches!(op.kind, Kind::Input { .. }));
    Some((op.span, What::EvaluatedUpTo { is_input }))
}

/// The remarks for people, one a line.
#[must_use]
pub fn text(remarks: &[Remark], source: &Source) -> String {
    let name = printable(source.name().as_bytes());
    let mut text = String::new();
    for Remark { pass, span, what } in remarks {
        let label = if what.kind() == "passed" { "remark" } else { what.kind() };
        let pass = pass.map_or(String::new(), |pass| format!(" [{pass}]"));
        text += &format!("{name}:{}: {label}: {what}{pass}\n", source.position(span.start));
    }
    text
}

/// The remarks for programs, one JSON object a line.
#[must_use]
pub fn json(remarks: &[Remark], source: &Source) -> String {
    let mut text = String::new();
    for Remark { pass, span, what } in remarks {
        let (start, end) = (source.position(span.start), source.position(span.end));
        let mut object = json!({
            "kind": what.kind(),
            "pass": pass,
            "what": what.name(),
            "message": what.to_string(),
            "file": source.name(),
            "line": start.line,
            "column": start.column,
            "end_line": end.line,
            "end_column": end.column,
            "byte_start": span.start,
            "byte_end": span.end,
        });
        match what {
            What::Became(contents) | What::Untested(contents) => {
                let counts = contents.counts().map(|(class, count)| (class.singular().to_owned(), count.into()));
                object["operations"] = serde_json::Value::Object(counts.collect());
            }
            What::Missed(reasons) => object["reasons"] = reasons.iter().map(|reason| reason.name()).collect(),
            What::Condition
            | What::Counted(_)
            | What::Hollow
            | What::Merged(_)
            | What::Dead
            | What::Gone
            | What::Evaluated
            | What::EvaluatedUpTo { .. } => {}
        }
        text += &format!("{object}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::CellWidth;
    use crate::ir::Op;
    use crate::opt::Pass;
    use crate::parse::{Bang, Granularity, Hash, Options, parse};

    /// The remarks on `code` after these passes, without the file's name.
    fn remarks(code: &str, passes: &str) -> Vec<String> {
        observe(code, passes, |remarks, source| text(&remarks, source))
            .lines()
            .map(|line| line.strip_prefix("p.bf:").unwrap().to_owned())
            .collect()
    }

    fn observe<T>(code: &str, passes: &str, say: impl Fn(Vec<Remark>, &Source) -> T) -> T {
        let source = Source::new("p.bf", code.as_bytes().to_vec()).unwrap();
        let (width, granularity) = (CellWidth::W8, Granularity::Commands);
        let options = Options { width, granularity, hash: Hash::Dump, bang: Bang::Comment };
        let mut program = Pass::named("runs").unwrap().apply(parse(&source, &options).unwrap().program);
        let mut observer = Observer::new(&program);
        for name in passes.split_whitespace() {
            let pass = Pass::named(name).unwrap();
            program = pass.apply(program);
            observer.after(pass.name, &program);
        }
        say(observer.finish(&program), &source)
    }

    const ALL: &str = "offsets combine clear scan multiply values";

    #[test]
    fn the_passes_that_are_named_here_exist() {
        for name in DELETING_PASSES.into_iter().chain(EVALUATING_PASSES).chain([LOOP_PASS]) {
            assert!(Pass::named(name).is_some(), "{name}");
        }
    }

    #[test]
    fn loops_become_operations() {
        assert_eq!(remarks(",\n [->++>+++<<]", ALL), ["2:2: remark: loop became 2 multiply-adds [multiply]"]);
        assert_eq!(
            remarks(",[->++>[-]<<]", ALL)[0],
            "1:2: remark: loop became 1 multiply-add and 1 assignment [multiply]"
        );
        assert_eq!(remarks(",[-]", ALL), ["1:2: remark: loop became 1 assignment [clear]"]);
        assert_eq!(remarks(",[<<<]", ALL), ["1:2: remark: loop became 1 scan of stride -3 [scan]"]);
    }

    #[test]
    fn closed_forms_name_what_they_compute() {
        let passes = format!("{ALL} combine closed");
        let nested = remarks(",>,<[->[->+>+<<]>>[-<<+>>]<<<]", &passes);
        assert_eq!(nested[0], "1:5: remark: loop became 1 product [closed]");
        assert!(nested.iter().all(|line| !line.contains("missed")), "{nested:?}");
        // One of two that undo each other may be all that is left.
        let copies = remarks(">,<,[->>>+<<<[->+<]>[-<+>]<]", &passes);
        assert!(copies.contains(&"1:21: remark: nothing is left of the loop here [closed]".into()), "{copies:?}");
    }

    #[test]
    fn loops_whose_iterations_are_counted_at_once_say_so() {
        let division = remarks(",>,<[->-[>+>>]>[+[-<+>]>+>>]<<<<<]", &format!("{ALL} count"));
        assert_eq!(division[0], "1:5: remark: many iterations are done at once, by a count [count]");
        assert!(!division.iter().any(|line| line.contains("1:5: missed")), "{division:?}");
        let binary = remarks(",[>>>[>>]<[.[-]]>+<<[-<<]<]", &format!("{ALL} walk ripple"));
        assert_eq!(binary[0], "1:2: remark: many iterations are done at once, by a binary count [ripple]");
        assert!(!binary.iter().any(|line| line.contains("1:2: missed")), "{binary:?}");
    }

    #[test]
    fn inner_loops_have_remarks_of_their_own() {
        assert_eq!(
            remarks(",[.>,[->+<]<]", ALL),
            [
                "1:2: missed: contains output, contains input [multiply]",
                "1:6: remark: loop became 1 multiply-add [multiply]",
            ]
        );
    }

    #[test]
    fn dead_loops_speak_for_what_is_in_them() {
        assert_eq!(
            remarks("[[-]>[.]],[-][[.]>]", "deadloops clear"),
            [
                "1:1: remark: loop deleted as dead [deadloops]",
                "1:11: remark: loop became 1 assignment [clear]",
                "1:14: remark: loop deleted as dead [deadloops]",
            ]
        );
    }

    #[test]
    fn a_hollow_loop_is_the_one_inside() {
        assert_eq!(
            remarks(",[[.,]]", "nest multiply"),
            [
                "1:2: remark: loop became the loop inside it [nest]",
                "1:3: missed: contains output, contains input [multiply]"
            ]
        );
    }

    #[test]
    fn known_values_make_conditions_and_remove_them() {
        assert_eq!(remarks(",[.[-]]", ALL)[0], "1:2: remark: loop runs at most once: it became a condition [values]");
        assert_eq!(
            remarks("+++[->++<]", ALL),
            [
                "1:4: remark: loop became 1 multiply-add [multiply]",
                "1:4: remark: its test is gone; left of it: 1 assignment [values]",
            ]
        );
        assert_eq!(remarks("+.>[.]", ALL), ["1:4: remark: loop deleted as dead [values]"]);
    }

    #[test]
    fn what_an_operation_before_it_takes_over_is_not_dead() {
        let source = Source::new("p.bf", b",[.,]".to_vec()).unwrap();
        let options =
            Options { width: CellWidth::W8, granularity: Granularity::Commands, hash: Hash::Dump, bang: Bang::Comment };
        let program = parse(&source, &options).unwrap().program;
        let text = Op { kind: Kind::Text { start: 0, len: 1 }, span: Span { start: 0, end: 5 } };
        for (end, what) in [(5, What::Merged(Class::Text)), (4, What::Gone)] {
            let mut observer = Observer::new(&program);
            let ops = vec![Op { span: Span { end, ..text.span }, ..text }];
            let after = Program { ops, text: vec![b'a'], ..program.clone() };
            observer.after("invented", &after);
            let remark = Remark { pass: Some("invented"), span: Span { start: 1, end: 5 }, what };
            assert_eq!(observer.finish(&after), [remark]);
        }
    }

    #[test]
    fn evaluation_says_where_it_stopped() {
        assert_eq!(
            remarks("++[>++[-.]<-]>.\n,[-.]", "evaluate multiply"),
            [
                "1:3: remark: loop ran at compile time [evaluate]",
                "2:1: analysis: the program ran at compile time up to here, where it reads input [evaluate]",
                "2:2: missed: contains output [multiply]",
            ]
        );
        // An endless loop stays, and nothing is said where all has run.
        assert_eq!(
            remarks("+[-]+[]", "evaluate")[1],
            "1:6: analysis: the program ran at compile time up to here [evaluate]"
        );
        assert_eq!(remarks("+[-]", "evaluate"), ["1:2: remark: loop ran at compile time [evaluate]"]);
    }

    #[test]
    fn what_keeps_a_loop_is_named() {
        let why = |code: &str| {
            let all = remarks(code, ALL);
            let missed: Vec<_> = all.iter().filter_map(|line| line.split_once("missed: ")).collect();
            assert_eq!(missed.len(), 1, "{all:?}");
            missed[0].1.strip_suffix(" [multiply]").unwrap().to_owned()
        };
        assert_eq!(why(",[.>,]"), "contains output, contains input, pointer drifts by +1 each iteration");
        assert_eq!(why(",[-#]"), "shows the tape");
        assert_eq!(why(",[->+<<]"), "pointer drifts by -1 each iteration");
        assert_eq!(why(",[->[>]<]"), "a scan inside ends where only the run can tell");
        assert_eq!(why(",[>+<]"), "the loop's cell does not change");
        assert_eq!(why(",[-->+<]"), "counter steps by an even number, -2, and may never be 0");
        assert_eq!(why(",[+++-->+++++<+]"), "counter steps by an even number, +2, and may never be 0");
        assert_eq!(why(",>,<[->[->+>+<<]<]"), "body depends on whether the cell 1 to the right is 0");
        assert_eq!(
            why(",>,<[>[-<+>]<]"),
            "the loop's cell is not changed by a constant, body depends on whether the cell 1 to the right is 0"
        );
    }

    #[test]
    fn only_innermost_loops_are_missed_and_only_by_passes_that_ran() {
        assert_eq!(remarks(",[>,[.,]<]", "offsets"), ["1:5: missed: contains output, contains input"]);
        assert_eq!(remarks(",[-]", ""), ["1:2: missed: nothing stands against it, but no pass took it"]);
        assert_eq!(remarks(",.", ALL), [""; 0]);
    }

    #[test]
    fn json_has_what_is_promised() {
        let lines = observe(",\n[->+<],\n[.,\n]", ALL, |remarks, source| json(&remarks, source));
        let objects: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(
            objects,
            [
                json!({
                    "kind": "passed", "pass": "multiply", "what": "became", "message": "loop became 1 multiply-add",
                    "operations": { "multiply-add": 1 }, "file": "p.bf", "line": 2, "column": 1, "end_line": 2,
                    "end_column": 7, "byte_start": 2, "byte_end": 8,
                }),
                json!({
                    "kind": "missed", "pass": "multiply", "what": "missed", "message": "contains output, contains input",
                    "reasons": ["output", "input"], "file": "p.bf", "line": 3, "column": 1, "end_line": 4,
                    "end_column": 2, "byte_start": 10, "byte_end": 15,
                }),
            ]
        );
    }

    #[test]
    fn deep_nests_are_no_trouble() {
        let depth = 100_000;
        let code = format!(",{}.,{}", "[".repeat(depth), "]".repeat(depth));
        let all = remarks(&code, "nest multiply");
        assert_eq!(all.len(), depth);
        assert_eq!(all[depth - 1], format!("1:{}: missed: contains output, contains input [multiply]", depth + 1));
    }
}
