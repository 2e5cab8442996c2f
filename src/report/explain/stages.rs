//! The program after each of our passes that changed something.

use serde_json::{Value, json};

use super::diff::{Hunk, diff};
use super::lines::Lines;
use crate::ir::{Kind, Program, text};

/// The program at one stage, as the difference from the one before.
#[derive(Clone, Debug)]
pub struct Stage {
    /// The name of the pass.
    name: String,
    summary: String,
    operations: usize,
    loops: usize,
    /// The first stage stands in the place of nothing.
    hunks: Vec<Hunk>,
    /// The new lines of the hunks.
    lines: Lines,
}

/// Sees a program go through the passes.
#[derive(Clone, Debug)]
pub struct Stages {
    stages: Vec<Stage>,
    last: Lines,
    max_lines: usize,
    /// Operations whose spans start here or behind are left out.
    cut: Option<u32>,
    /// How many were, of the first stage.
    left_out: usize,
}

impl Stages {
    /// Begins with `program` as it was read. No stage shows more than `max_lines` operations.
    #[must_use]
    pub fn new(name: &str, summary: &str, program: &Program, max_lines: usize) -> Stages {
        let cut = program.ops.get(max_lines).map(|op| op.span.start);
        let left_out = program.ops.len().saturating_sub(max_lines);
        let mut stages = Stages { stages: Vec::new(), last: Lines::default(), max_lines, cut, left_out };
        stages.add(name, summary, program);
        stages
    }

    /// Notes what the pass called `name` made of the program, if that is something else.
    pub fn after(&mut self, name: &str, summary: &str, program: &Program) {
        self.add(name, summary, program);
    }

    fn add(&mut self, name: &str, summary: &str, program: &Program) {
        let now = self.lines(program);
        let hunks = diff(&self.last, &now);
        if hunks.is_empty() && !self.stages.is_empty() {
            return;
        }
        let mut lines = Lines::default();
        for index in hunks.iter().flat_map(|hunk| hunk.new.clone()) {
            let (line, span) = now.get(index);
            lines.push(line, span);
        }
        let is_loop = |kind| matches!(kind, Kind::Loop { .. } | Kind::Scan { .. } | Kind::Walk { .. });
        self.stages.push(Stage {
            name: name.into(),
            summary: summary.into(),
            operations: program.ops.len(),
            loops: program.ops.iter().filter(|op| is_loop(op.kind)).count(),
            hunks,
            lines,
        });
        self.last = now;
    }

    /// A line an operation, without indentation, which a loop less around it would change.
    fn lines(&self, program: &Program) -> Lines {
        let mut lines = Lines::default();
        let is_shown = |start| self.cut.is_none_or(|cut| start < cut);
        for op in program.ops.iter().take(self.max_lines).take_while(|op| is_shown(op.span.start)) {
            lines.push(&text::line(program, op).to_string(), Some(op.span));
        }
        lines
    }

    /// `cut`: where in the source what is left out begins, or null. `left_out`: how many operations that are at first.
    /// `stages`: for each its `name`, a `summary`, the number of all `operations` and `loops`, and `hunks`: for each hunk
    /// three numbers: the first line of the stage before in whose place it stands, how many, and how many lines
    /// of the hunk stand there instead, whose `text` and `spans` are those of [`Lines::json`].
    #[must_use]
    pub fn json(&self) -> Value {
        let stages = self.stages.iter().map(|stage| {
            let hunks: Vec<_> =
                stage.hunks.iter().flat_map(|hunk| [hunk.old.start, hunk.old.len(), hunk.new.len()]).collect();
            let mut object = stage.lines.json();
            object["name"] = stage.name.as_str().into();
            object["summary"] = stage.summary.as_str().into();
            object["operations"] = stage.operations.into();
            object["loops"] = stage.loops.into();
            object["hunks"] = hunks.into();
            object
        });
        json!({ "cut": self.cut, "left_out": self.left_out, "stages": stages.collect::<Vec<_>>() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::CellWidth;
    use crate::opt::Pass;
    use crate::parse::{Bang, Granularity, Hash, Options, parse};
    use crate::source::Source;

    fn stages(code: &str, max_lines: usize) -> Value {
        let source = Source::new("t.bf", code.as_bytes().to_vec()).unwrap();
        let (width, granularity) = (CellWidth::W8, Granularity::Commands);
        let options = Options { width, granularity, hash: Hash::Comment, bang: Bang::Comment };
        let mut program = parse(&source, &options).unwrap().program;
        let mut stages = Stages::new("reading", "", &program, max_lines);
        for name in ["runs", "scan", "offsets"] {
            program = Pass::named(name).unwrap().apply(program);
            stages.after(name, "what it does", &program);
        }
        stages.json()
    }

    #[test]
    fn a_stage_is_what_changed() {
        let value = stages(",++>.", 100);
        let names: Vec<_> = value["stages"].as_array().unwrap().iter().map(|stage| &stage["name"]).collect();
        assert_eq!(names, ["reading", "runs", "offsets"]);
        let runs = &value["stages"][1];
        assert_eq!((&runs["text"], &runs["spans"]), (&json!("add [0] 2\n"), &json!([1, 1, 2])));
        assert_eq!((&runs["hunks"], &runs["operations"]), (&json!([1, 2, 1]), &json!(4)));
        assert_eq!(value["stages"][0]["hunks"], json!([0, 0, 5]));
        assert_eq!((&value["cut"], &value["left_out"]), (&Value::Null, &json!(0)));
    }

    #[test]
    fn what_is_left_out_is_left_out_at_every_stage() {
        let value = stages(",+++>>..", 4);
        assert_eq!((&value["cut"], &value["left_out"]), (&json!(4), &json!(4)));
        let texts: Vec<_> = value["stages"].as_array().unwrap().iter().map(|stage| &stage["text"]).collect();
        assert_eq!(texts, ["input [0]\nadd [0] 1\nadd [0] 1\nadd [0] 1\n", "add [0] 3\n"]);
        assert_eq!(value["stages"][1]["operations"], 5);
    }
}
