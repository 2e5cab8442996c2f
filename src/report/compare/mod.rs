//! What the levels and engines make of one program: a row each, as tables or as JSON; or as a [`mod@diff`] of texts.
//!
//! # As JSON
//!
//! `{"program": NAME, "levels": [...]}` with an object a row. Its members are `engine` (`llvm`, `tiered`, `baseline` or
//! `reference`), `level`, `runs_ms` (the time of each run) and those of [`COLUMNS`], which stay: times are in milliseconds, `spread` is a part of
//! one, and what is not known, or not there in this engine, is null. `executed_at_least` is true where counting was given up. `end` is how
//! the first run ended (`ended`, `faulted` or `cut-off`), or null without one. `output` is `base`, `identical`,
//! `different`, `unfinished` (the same as far as the run that was cut off goes) or `failed`; `different_at` is the first byte that differs, and
//! `failure` says what went wrong.

pub mod diff;

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use crate::level::Level;

/// What runs the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Llvm,
    Tiered,
    Baseline,
    Reference,
}

impl Engine {
    /// A name that does not change.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Engine::Llvm => "llvm",
            Engine::Tiered => "tiered",
            Engine::Baseline => "baseline",
            Engine::Reference => "reference",
        }
    }
}

/// The figures of a level in an engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub engine: Engine,
    pub level: Level,
    /// Of the code, if it could be compiled.
    pub code: Option<Code>,
    /// How many operations of our IR a run takes.
    pub executed: Option<Count>,
    /// The time of each run.
    pub runs: Vec<Duration>,
    /// How the first of them ended.
    pub finish: Option<Finish>,
    pub verdict: Verdict,
}

/// What was compiled, and how long each step took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Code {
    /// Operations of our IR, after our passes.
    pub ops: u64,
    /// What LLVM made of all of it, if that was asked.
    pub llvm: Option<Lowered>,
    /// Machine code: the program's functions in an object file, or what the templates made.
    pub bytes: Option<u64>,
    /// Parsing and our passes.
    pub ours: Duration,
    /// LLVM's code generation, or the templates.
    pub codegen: Option<Duration>,
}

/// What LLVM made of the program's functions, after its passes, and how long that took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lowered {
    pub instructions: u64,
    pub blocks: u64,
    pub loads: u64,
    pub stores: u64,
    pub lowering: Duration,
    pub passes: Duration,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    Ended,
    /// In a tape fault.
    Faulted,
    /// At the limit of time or output.
    CutOff,
}

impl Finish {
    pub const ALL: [Finish; 3] = [Finish::Ended, Finish::Faulted, Finish::CutOff];

    /// A name that does not change.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Finish::Ended => "ended",
            Finish::Faulted => "faulted",
            Finish::CutOff => "cut-off",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    Exactly(u64),
    /// Counting was given up.
    AtLeast(u64),
}

/// How a level's output and end compare with those of the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is the first.
    Base,
    Identical,
    /// The first byte that differs, or the length where one output is longer, or the end.
    Different {
        byte: usize,
    },
    /// A run was cut off at the limit of time or output: it agrees as far as it goes.
    Unfinished,
    /// There is nothing to compare: why.
    Failed(String),
}

impl Verdict {
    fn name(&self) -> &'static str {
        match self {
            Verdict::Base => "base",
            Verdict::Identical => "identical",
            Verdict::Different { .. } => "different",
            Verdict::Unfinished => "unfinished",
            Verdict::Failed(_) => "failed",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Base => write!(f, "base"),
            Verdict::Identical => write!(f, "identical"),
            Verdict::Different { byte } => write!(f, "DIFFERENT at byte {byte}"),
            Verdict::Unfinished => write!(f, "identical so far"),
            Verdict::Failed(why) => write!(f, "FAILED: {why}"),
        }
    }
}

impl Code {
    fn compile(&self) -> Duration {
        let llvm = self.llvm.map_or(Duration::ZERO, |llvm| llvm.lowering + llvm.passes);
        self.ours + llvm + self.codegen.unwrap_or_default()
    }
}

impl Row {
    /// The median of the runs.
    #[must_use]
    pub fn run(&self) -> Option<Duration> {
        let mut runs = self.runs.clone();
        runs.sort();
        runs.get(runs.len() / 2).copied()
    }

    /// The distance of the slowest from the fastest of several runs, as a part of the median.
    fn spread(&self) -> Option<f64> {
        let (fastest, slowest) = (self.runs.iter().min()?, self.runs.iter().max()?);
        (self.runs.len() > 1).then_some((*slowest - *fastest).as_secs_f64() / self.run()?.as_secs_f64())
    }

    /// How many times as fast as `base` it runs, where both came to their ends.
    fn speedup(&self, base: &Row) -> Option<f64> {
        if [self, base].iter().any(|row| row.finish == Some(Finish::CutOff)) {
            return None;
        }
        let (own, base) = (self.run()?.as_secs_f64(), base.run()?.as_secs_f64());
        (own > 0.0).then_some(base / own)
    }
}

/// A column: its member in JSON, its head, and what stands there for a row and the first row.
pub struct Column {
    pub member: &'static str,
    pub head: &'static str,
    part: Part,
    cell: fn(&Row, &Row) -> Cell,
}

/// Of which of the two tables for people a column is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Code,
    Time,
}

/// What stands in a table.
#[derive(Debug)]
enum Cell {
    Unknown,
    Number(u64),
    AtLeast(u64),
    Time(Duration),
    /// A part of one, shown in percent.
    Share(f64),
    Factor(f64),
}

macro_rules! columns {
    ($($member:literal, $head:literal, $part:ident, $cell:expr;)*) => {
        &[$(Column { member: $member, head: $head, part: Part::$part, cell: $cell }),*]
    };
}

/// All columns but the first, the engine and the level, and the last, the end and the output.
pub const COLUMNS: &[Column] = columns! {
    "ops", "ops", Code, |row, _| of_code(row, |code| Cell::Number(code.ops));
    "executed", "executed", Code, |row, _| match row.executed {
        None => Cell::Unknown,
        Some(Count::Exactly(count)) => Cell::Number(count),
        Some(Count::AtLeast(count)) => Cell::AtLeast(count),
    };
    "llvm_instructions", "LLVM instructions", Code, |row, _| of_llvm(row, |llvm| Cell::Number(llvm.instructions));
    "blocks", "blocks", Code, |row, _| of_llvm(row, |llvm| Cell::Number(llvm.blocks));
    "loads", "loads", Code, |row, _| of_llvm(row, |llvm| Cell::Number(llvm.loads));
    "stores", "stores", Code, |row, _| of_llvm(row, |llvm| Cell::Number(llvm.stores));
    "code_bytes", "code bytes", Code, |row, _| of_code(row, |code| code.bytes.map_or(Cell::Unknown, Cell::Number));
    "ours_ms", "our passes", Time, |row, _| of_code(row, |code| Cell::Time(code.ours));
    "lowering_ms", "lowering", Time, |row, _| of_llvm(row, |llvm| Cell::Time(llvm.lowering));
    "llvm_passes_ms", "LLVM passes", Time, |row, _| of_llvm(row, |llvm| Cell::Time(llvm.passes));
    "codegen_ms", "codegen", Time, |row, _| of_code(row, |code| code.codegen.map_or(Cell::Unknown, Cell::Time));
    "compile_ms", "compile, ms", Time, |row, _| of_code(row, |code| Cell::Time(code.compile()));
    "run_ms", "run, ms", Time, |row, _| row.run().map_or(Cell::Unknown, Cell::Time);
    "spread", "spread", Time, |row, _| row.spread().map_or(Cell::Unknown, Cell::Share);
    "speedup", "speed-up", Time, |row, base| row.speedup(base).map_or(Cell::Unknown, Cell::Factor);
};

fn of_code(row: &Row, cell: fn(&Code) -> Cell) -> Cell {
    row.code.as_ref().map_or(Cell::Unknown, cell)
}

fn of_llvm(row: &Row, cell: fn(&Lowered) -> Cell) -> Cell {
    row.code.as_ref().and_then(|code| code.llvm.as_ref()).map_or(Cell::Unknown, cell)
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Cell::Unknown => write!(f, "-"),
            Cell::Number(number) => write!(f, "{number}"),
            Cell::AtLeast(number) => write!(f, ">{number}"),
            // Short times have their figures behind the point.
            Cell::Time(time) if time < Duration::from_millis(1) => write!(f, "{:.3}", milliseconds(time)),
            Cell::Time(time) => write!(f, "{:.1}", milliseconds(time)),
            Cell::Share(share) => write!(f, "{:.1}%", share * 100.0),
            Cell::Factor(factor) => write!(f, "{factor:.2}"),
        }
    }
}

impl Cell {
    fn json(&self) -> Value {
        match *self {
            Cell::Unknown => Value::Null,
            Cell::Number(number) | Cell::AtLeast(number) => json!(number),
            Cell::Time(time) => json!(milliseconds(time)),
            Cell::Share(number) | Cell::Factor(number) => json!(number),
        }
    }
}

/// The rows, of which the first is the base, for people: a table about the code, and one about time and output. Where they
/// are wider than `width`, each has a line a column instead of one a row.
#[must_use]
pub fn table(rows: &[Row], width: usize) -> String {
    let tables = [Part::Code, Part::Time].map(|part| lines(rows, |column| column.part == part, part == Part::Time));
    let texts = tables.each_ref().map(|lines| aligned(lines));
    if texts.iter().flat_map(|text| text.lines()).all(|line| line.len() <= width) {
        return texts.join("\n");
    }
    tables.map(|lines| super::aligned(&turned(&lines), |column| column == 0)).join("\n")
}

/// The lines as columns.
fn turned(lines: &[Vec<String>]) -> Vec<Vec<String>> {
    let columns = lines.first().map_or(0, Vec::len);
    (0..columns).map(|column| lines.iter().map(|line| line[column].clone()).collect()).collect()
}

/// The rows as one table in Markdown.
#[must_use]
pub fn markdown(rows: &[Row]) -> String {
    let lines = lines(rows, |_| true, true);
    let line = |cells: &[String]| {
        let cells: Vec<_> = cells.iter().map(|cell| cell.replace('|', "\\|").replace('\n', " ")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let (head, body) = lines.split_first().map_or((&[][..], &[][..]), |(head, body)| (&head[..], body));
    let rule: Vec<_> = head.iter().map(|head| if is_words(head) { "---" } else { "---:" }).collect();
    format!("{}|{}|\n", line(head), rule.join("|")) + &body.iter().map(|cells| line(cells)).collect::<String>()
}

/// The heads of columns that are not among [`COLUMNS`].
const ENGINE: &str = "engine";
const LEVEL: &str = "level";
const END: &str = "end";
const OUTPUT: &str = "output";

fn is_words(head: &str) -> bool {
    [ENGINE, LEVEL, END, OUTPUT].contains(&head)
}

/// The head and the rows, with these columns, and with the end and the output if they are wanted. The engine is shown where
/// there are several.
fn lines(rows: &[Row], wants: impl Fn(&Column) -> bool, wants_output: bool) -> Vec<Vec<String>> {
    let columns: Vec<_> = COLUMNS.iter().filter(|column| wants(column)).collect();
    let has_engines = rows.iter().any(|row| row.engine != Engine::Llvm);
    let line = |[engine, level]: [String; 2], cells: Vec<String>, results: [String; 2]| {
        let engine = has_engines.then_some(engine);
        let results = results.into_iter().filter(|_| wants_output);
        engine.into_iter().chain([level]).chain(cells).chain(results).collect::<Vec<_>>()
    };
    let heads = columns.iter().map(|column| column.head.to_owned()).collect();
    let mut lines = vec![line([ENGINE, LEVEL].map(str::to_owned), heads, [END, OUTPUT].map(str::to_owned))];
    for row in rows {
        let cells = columns.iter().map(|column| (column.cell)(row, &rows[0]).to_string()).collect();
        let end = row.finish.map_or("-", Finish::name).to_owned();
        let names = [row.engine.name().to_owned(), row.level.to_string()];
        lines.push(line(names, cells, [end, row.verdict.to_string()]));
    }
    lines
}

fn aligned(lines: &[Vec<String>]) -> String {
    super::aligned(lines, |column| is_words(&lines[0][column]))
}

/// The rows as one JSON object.
#[must_use]
pub fn json(program: &str, rows: &[Row]) -> String {
    let levels = rows.iter().map(|row| {
        let mut object = serde_json::Map::new();
        object.insert("engine".into(), row.engine.name().into());
        object.insert("level".into(), row.level.to_string().into());
        for column in COLUMNS {
            object.insert(column.member.into(), (column.cell)(row, &rows[0]).json());
        }
        object.insert("executed_at_least".into(), matches!(row.executed, Some(Count::AtLeast(_))).into());
        object.insert("runs_ms".into(), row.runs.iter().copied().map(milliseconds).collect());
        object.insert("end".into(), row.finish.map(Finish::name).into());
        object.insert("output".into(), row.verdict.name().into());
        match &row.verdict {
            Verdict::Different { byte } => drop(object.insert("different_at".into(), (*byte).into())),
            Verdict::Failed(why) => drop(object.insert("failure".into(), why.as_str().into())),
            Verdict::Base | Verdict::Identical | Verdict::Unfinished => {}
        }
        Value::Object(object)
    });
    format!("{:#}\n", json!({ "program": program, "levels": levels.collect::<Vec<_>>() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Row> {
        let ms = Duration::from_millis;
        let code = Code {
            ops: 106,
            llvm: Some(Lowered { instructions: 12, blocks: 3, loads: 4, stores: 5, lowering: ms(1), passes: ms(2) }),
            bytes: Some(345),
            ours: Duration::from_micros(123),
            codegen: Some(ms(30)),
        };
        let executed = Some(Count::AtLeast(2_000_000));
        let engine = Engine::Llvm;
        let base = Row {
            engine,
            level: Level::O0,
            code: Some(code),
            executed,
            runs: vec![ms(90), ms(110), ms(100)],
            finish: Some(Finish::Ended),
            verdict: Verdict::Base,
        };
        let better = Row {
            engine,
            level: Level::O2,
            code: Some(Code { ops: 9, ..code }),
            executed: Some(Count::Exactly(77)),
            runs: vec![ms(8)],
            finish: Some(Finish::Faulted),
            verdict: Verdict::Different { byte: 3 },
        };
        let failed = Verdict::Failed("killed by signal 11".into());
        let broken = Row {
            engine,
            level: Level::O3,
            code: None,
            executed: None,
            runs: Vec::new(),
            finish: None,
            verdict: failed,
        };
        vec![base, better, broken]
    }

    #[test]
    fn columns_are_aligned() {
        assert_eq!(
            table(&rows(), 200),
            "level  ops  executed  LLVM instructions  blocks  loads  stores  code bytes\n\
             -O0    106  >2000000                 12       3      4       5         345\n\
             -O2      9        77                 12       3      4       5         345\n\
             -O3      -         -                  -       -      -       -           -\n\
             \n\
             level  our passes  lowering  LLVM passes  codegen  compile, ms  run, ms  spread  speed-up  end      output\n\
             -O0         0.123       1.0          2.0     30.0         33.1    100.0   20.0%      1.00  ended    base\n\
             -O2         0.123       1.0          2.0     30.0         33.1      8.0       -     12.50  faulted  DIFFERENT at byte 3\n\
             -O3             -         -            -        -            -        -       -         -  -        FAILED: killed by signal 11\n"
        );
    }

    #[test]
    fn a_narrow_table_has_a_line_a_column() {
        let rows = &rows()[..2];
        let narrow = table(rows, 79);
        let lines: Vec<Vec<_>> = narrow.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[..2], [vec!["level", "-O0", "-O2"], vec!["ops", "106", "9"]], "{narrow}");
        assert!(
            narrow.ends_with("\nend          ended              faulted\noutput        base  DIFFERENT at byte 3\n"),
            "{narrow}"
        );
        assert!(narrow.lines().all(|line| line.len() < 45), "{narrow}");
    }

    #[test]
    fn engines_are_named_where_there_are_several() {
        let mut rows = rows();
        rows[1].engine = Engine::Baseline;
        rows[1].code = rows[1].code.map(|code| Code { llvm: None, ..code });
        let text = table(&rows, 200);
        assert!(text.contains("\nllvm      -O0    106 "), "{text}");
        assert!(
            text.contains("\nbaseline  -O2      9        77                  -       -      -       -         345\n"),
            "{text}"
        );
        assert!(text.contains("\nbaseline  -O2         0.123         -            -     30.0         30.1 "), "{text}");
        assert_eq!(markdown(&rows).lines().nth(1).unwrap().matches('|').count(), COLUMNS.len() + 5);
    }

    #[test]
    fn what_was_cut_off_has_no_speed() {
        let [mut base, mut other, _] = <[Row; 3]>::try_from(rows()).unwrap();
        base.finish = Some(Finish::CutOff);
        assert_eq!((other.speedup(&base), base.speedup(&base)), (None, None));
        (base.finish, other.finish) = (Some(Finish::Ended), Some(Finish::CutOff));
        assert_eq!((other.speedup(&base), base.speedup(&base)), (None, Some(1.0)));
    }

    #[test]
    fn markdown_has_a_rule_below_its_head() {
        let text = markdown(&rows());
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 5);
        let columns = |line: &str| line.matches('|').count();
        assert!(lines.iter().all(|line| columns(line) == COLUMNS.len() + 4), "{text}");
        assert!(lines[1].starts_with("|---|---:|") && lines[3].ends_with("| DIFFERENT at byte 3 |"), "{text}");
    }

    #[test]
    fn json_has_a_member_for_each_column() {
        let value: Value = serde_json::from_str(&json("p.bf", &rows())).unwrap();
        assert_eq!(value["program"], "p.bf");
        let [base, better, broken] = &value["levels"].as_array().unwrap()[..] else { panic!("{value}") };
        for column in COLUMNS {
            assert!(base[column.member].is_number(), "{}", column.member);
            assert!(broken[column.member].is_null(), "{}", column.member);
        }
        assert_eq!(
            (&base["level"], &base["executed"], &base["executed_at_least"]),
            (&json!("-O0"), &json!(2_000_000), &json!(true))
        );
        assert_eq!(
            (&better["output"], &better["different_at"], &better["speedup"]),
            (&json!("different"), &json!(3), &json!(12.5))
        );
        assert_eq!((&broken["output"], &broken["failure"]), (&json!("failed"), &json!("killed by signal 11")));
        assert_eq!(base["runs_ms"], json!([90.0, 110.0, 100.0]));
        assert_eq!([&base["end"], &better["end"], &broken["end"]], [&json!("ended"), &json!("faulted"), &Value::Null]);
        assert_eq!(base["engine"], "llvm");
    }
}
