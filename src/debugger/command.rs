//! What can be said to the debugger, and how it is read.

use std::fmt;

use crate::source::Position;

/// A command, with what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Break { at: Place, only_if: Option<Condition> },
    Watch { cell: Cell, until: Option<Test> },
    Delete { number: Option<u64> },
    Step { count: u64 },
    Back { count: u64 },
    Next { count: u64 },
    Continue,
    ReverseContinue,
    Finish,
    Until { at: Option<Place> },
    Goto { step: u64 },
    Print { cells: Vec<(Cell, Cell)> },
    Tape { around: Option<u64> },
    List,
    Info,
    Help { about: Option<String> },
    Quit,
}

/// A place in the source: a line, and a column if one was named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub line: u32,
    pub column: Option<u32>,
}

impl From<Place> for Position {
    fn from(place: Place) -> Position {
        Position { line: place.line, column: place.column.unwrap_or(1) }
    }
}

/// A cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    At(i64),
    /// So far from the pointer.
    Near(i64),
}

/// A comparison with a value, which may be negative or too large for a cell: it counts as wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Test {
    pub relation: Relation,
    pub value: i128,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Condition {
    pub cell: Cell,
    pub test: Test,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

const RELATIONS: [(&str, Relation); 6] = [
    ("==", Relation::Equal),
    ("!=", Relation::Unequal),
    ("<=", Relation::LessOrEqual),
    (">=", Relation::GreaterOrEqual),
    ("<", Relation::Less),
    (">", Relation::Greater),
];

/// Why a line is no command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandError {
    Unknown(String),
    /// The first letters of several commands.
    Ambiguous(String, Vec<&'static str>),
    /// Something else stands where one of these is wanted.
    Wanted {
        what: &'static str,
        found: String,
    },
    Superfluous(String),
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CommandError::Unknown(word) => write!(f, "`{word}` is no command; `help` lists them"),
            CommandError::Ambiguous(word, names) => write!(f, "`{word}` may be {}", names.join(", ")),
            CommandError::Wanted { what, found } if found.is_empty() => write!(f, "{what} is missing"),
            CommandError::Wanted { what, found } => write!(f, "`{found}` is not {what}"),
            CommandError::Superfluous(rest) => write!(f, "`{rest}` is too much"),
        }
    }
}

impl std::error::Error for CommandError {}

/// A row of the table of commands.
pub struct Row {
    pub name: &'static str,
    pub short: &'static str,
    /// What follows the name.
    pub operands: &'static str,
    pub summary: &'static str,
    read: fn(&mut Words) -> Result<Command, CommandError>,
}

/// All commands.
pub const COMMANDS: &[Row] = &[
    Row {
        name: "break",
        short: "b",
        operands: "LINE[:COLUMN] [if CELL == VALUE]",
        summary: "stop before the first command there or behind, always or where the cell compares so (== != < <= > >=)",
        read: |words| {
            let at = words.place()?;
            let only_if = match words.takes("if") {
                true => Some(Condition { cell: words.cell()?, test: words.test()? }),
                false => None,
            };
            Ok(Command::Break { at, only_if })
        },
    },
    Row {
        name: "watch",
        short: "w",
        operands: "CELL [== VALUE]",
        summary: "stop when the cell has changed, or when it comes to compare so",
        read: |words| {
            let cell = words.cell()?;
            let until = if words.is_empty() { None } else { Some(words.test()?) };
            Ok(Command::Watch { cell, until })
        },
    },
    Row {
        name: "delete",
        short: "d",
        operands: "[N]",
        summary: "delete this breakpoint or watch, or all",
        read: |words| Ok(Command::Delete { number: words.optional_number()? }),
    },
    Row {
        name: "step",
        short: "s",
        operands: "[N | back [N]]",
        summary: "carry out the next command, or N; or go back",
        read: |words| match words.takes("back") {
            true => Ok(Command::Back { count: words.optional_number()?.unwrap_or(1) }),
            false => Ok(Command::Step { count: words.optional_number()?.unwrap_or(1) }),
        },
    },
    Row {
        name: "back",
        short: "bs",
        operands: "[N]",
        summary: "go back a step, or N",
        read: |words| Ok(Command::Back { count: words.optional_number()?.unwrap_or(1) }),
    },
    Row {
        name: "next",
        short: "n",
        operands: "[N]",
        summary: "like step, but a loop is carried out to its end",
        read: |words| Ok(Command::Next { count: words.optional_number()?.unwrap_or(1) }),
    },
    Row {
        name: "continue",
        short: "c",
        operands: "",
        summary: "go on to where there is reason to stop",
        read: |_| Ok(Command::Continue),
    },
    Row {
        name: "reverse-continue",
        short: "rc",
        operands: "",
        summary: "go back to where `continue` would have stopped last",
        read: |_| Ok(Command::ReverseContinue),
    },
    Row {
        name: "finish",
        short: "fin",
        operands: "",
        summary: "go on to behind the innermost loop",
        read: |_| Ok(Command::Finish),
    },
    Row {
        name: "until",
        short: "u",
        operands: "[LINE[:COLUMN]]",
        summary: "go on to a command behind this one in the source: at the end of a loop, out of it; or to the place",
        read: |words| Ok(Command::Until { at: if words.is_empty() { None } else { Some(words.place()?) } }),
    },
    Row {
        name: "goto",
        short: "g",
        operands: "STEP",
        summary: "go to the point after so many steps",
        read: |words| Ok(Command::Goto { step: words.number()? }),
    },
    Row {
        name: "print",
        short: "p",
        operands: "[CELL[..CELL]]...",
        summary: "show cells: 3, 0..7, p for the one at the pointer, p-1..p+1",
        read: |words| {
            let mut cells = Vec::new();
            while !words.is_empty() {
                cells.push(words.cells()?);
            }
            if cells.is_empty() {
                cells.push((Cell::Near(0), Cell::Near(0)));
            }
            Ok(Command::Print { cells })
        },
    },
    Row {
        name: "tape",
        short: "t",
        operands: "[N]",
        summary: "show the tape around the pointer, N cells to each side",
        read: |words| Ok(Command::Tape { around: words.optional_number()? }),
    },
    Row {
        name: "list",
        short: "l",
        operands: "",
        summary: "show the lines of the source around",
        read: |_| Ok(Command::List),
    },
    Row {
        name: "info",
        short: "i",
        operands: "",
        summary: "show steps, loops, input and output so far, breakpoints and watches",
        read: |_| Ok(Command::Info),
    },
    Row {
        name: "help",
        short: "h",
        operands: "[COMMAND]",
        summary: "show what can be said",
        read: |words| Ok(Command::Help { about: words.next().map(Into::into) }),
    },
    Row { name: "quit", short: "q", operands: "", summary: "leave", read: |_| Ok(Command::Quit) },
];

/// The row of the command that is named `word`, in short, or by its first letters.
///
/// # Errors
/// There is none, or several.
pub fn row(word: &str) -> Result<&'static Row, CommandError> {
    if let Some(row) = COMMANDS.iter().find(|row| row.name == word || row.short == word) {
        return Ok(row);
    }
    let fitting: Vec<_> = COMMANDS.iter().filter(|row| row.name.starts_with(word)).collect();
    match fitting[..] {
        [row] => Ok(row),
        [] => Err(CommandError::Unknown(word.into())),
        _ => Err(CommandError::Ambiguous(word.into(), fitting.iter().map(|row| row.name).collect())),
    }
}

/// Reads a line that is not empty.
///
/// # Errors
/// It is no command.
pub fn parse(line: &str) -> Result<Command, CommandError> {
    let mut words = Words { rest: line.trim() };
    let word = words.next().unwrap_or_default();
    let command = (row(word)?.read)(&mut words)?;
    if words.is_empty() { Ok(command) } else { Err(CommandError::Superfluous(words.rest.into())) }
}

/// What is left of a line.
struct Words<'l> {
    rest: &'l str,
}

impl<'l> Words<'l> {
    fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    fn next(&mut self) -> Option<&'l str> {
        let (word, rest) = self.rest.split_once(char::is_whitespace).unwrap_or((self.rest, ""));
        self.rest = rest.trim_start();
        Some(word).filter(|word| !word.is_empty())
    }

    fn takes(&mut self, wanted: &str) -> bool {
        let mut ahead = Words { rest: self.rest };
        let is_there = ahead.next() == Some(wanted);
        if is_there {
            self.rest = ahead.rest;
        }
        is_there
    }

    /// The next word, read by `read`.
    fn wanted<T>(&mut self, what: &'static str, read: impl Fn(&str) -> Option<T>) -> Result<T, CommandError> {
        let found = self.next().unwrap_or_default();
        read(found).ok_or_else(|| CommandError::Wanted { what, found: found.into() })
    }

    fn number(&mut self) -> Result<u64, CommandError> {
        self.wanted("a number", |word| word.parse().ok())
    }

    fn optional_number(&mut self) -> Result<Option<u64>, CommandError> {
        if self.is_empty() { Ok(None) } else { self.number().map(Some) }
    }

    fn place(&mut self) -> Result<Place, CommandError> {
        self.wanted("a place (12 or 12:5)", |word| {
            let at_least_one = |text: &str| text.parse().ok().filter(|&number| number >= 1);
            match word.split_once(':') {
                None => Some(Place { line: at_least_one(word)?, column: None }),
                Some((line, column)) => Some(Place { line: at_least_one(line)?, column: Some(at_least_one(column)?) }),
            }
        })
    }

    fn cell(&mut self) -> Result<Cell, CommandError> {
        self.wanted("a cell (3, p or p+1)", cell)
    }

    fn cells(&mut self) -> Result<(Cell, Cell), CommandError> {
        self.wanted("a cell or cells (3, p, 0..7)", |word| match word.split_once("..") {
            None => cell(word).map(|cell| (cell, cell)),
            Some((first, last)) => Some((cell(first)?, cell(last)?)),
        })
    }

    /// A relation and a value, with or without space between them.
    fn test(&mut self) -> Result<Test, CommandError> {
        let found = RELATIONS.iter().find_map(|&(sign, relation)| Some((self.rest.strip_prefix(sign)?, relation)));
        let Some((rest, relation)) = found else {
            return Err(CommandError::Wanted { what: "a comparison (== != < <= > >=)", found: self.rest.into() });
        };
        self.rest = rest.trim_start();
        Ok(Test { relation, value: self.wanted("a value (10, -1, 0xff or 'x')", value)? })
    }
}

fn cell(word: &str) -> Option<Cell> {
    match word.strip_prefix('p') {
        None => word.parse().ok().map(Cell::At),
        Some("") => Some(Cell::Near(0)),
        Some(offset) if offset.starts_with(['+', '-']) => offset.parse().ok().map(Cell::Near),
        Some(_) => None,
    }
}

fn value(word: &str) -> Option<i128> {
    if let Some(quoted) = word.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        let [byte] = quoted.as_bytes() else { return None };
        return Some(i128::from(*byte));
    }
    match word.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok().map(i128::from),
        None => word.parse::<i64>().map(i128::from).or_else(|_| word.parse::<u64>().map(i128::from)).ok(),
    }
}

impl Test {
    /// Whether a cell of this value, at a width with this mask, passes.
    #[must_use]
    pub fn holds(self, cell: u64, mask: u64) -> bool {
        let value = self.value as u64 & mask;
        match self.relation {
            Relation::Equal => cell == value,
            Relation::Unequal => cell != value,
            Relation::Less => cell < value,
            Relation::LessOrEqual => cell <= value,
            Relation::Greater => cell > value,
            Relation::GreaterOrEqual => cell >= value,
        }
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = RELATIONS.iter().find(|(_, relation)| *relation == self.relation).map_or("", |(sign, _)| sign);
        write!(f, "{sign} {}", self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_have_short_names_and_beginnings() {
        for row in COMMANDS {
            for word in [row.name, row.short] {
                assert_eq!(super::row(word).unwrap().name, row.name);
            }
        }
        assert_eq!(parse("cont"), Ok(Command::Continue));
        assert_eq!(parse("li"), Ok(Command::List));
        assert_eq!(parse("x"), Err(CommandError::Unknown("x".into())));
        assert_eq!(parse("r").unwrap(), Command::ReverseContinue);
        assert!(matches!(parse("f").unwrap(), Command::Finish));
    }

    #[test]
    fn places_cells_and_comparisons_are_read() {
        let at = Place { line: 12, column: Some(5) };
        let test = |relation, value| Test { relation, value };
        assert_eq!(parse(" break  12:5 "), Ok(Command::Break { at, only_if: None }));
        let only_if = Some(Condition { cell: Cell::Near(-1), test: test(Relation::GreaterOrEqual, 97) });
        assert_eq!(parse("b 12:5 if p-1 >= 'a'"), Ok(Command::Break { at, only_if }));
        let until = Some(test(Relation::Equal, 0));
        assert_eq!(parse("watch 3 == 0"), Ok(Command::Watch { cell: Cell::At(3), until }));
        assert_eq!(parse("watch 3 ==0"), Ok(Command::Watch { cell: Cell::At(3), until }));
        assert_eq!(parse("step back 3"), Ok(Command::Back { count: 3 }));
        let cells = vec![(Cell::At(1), Cell::At(3)), (Cell::Near(2), Cell::Near(2))];
        assert_eq!(parse("p 1..3 p+2"), Ok(Command::Print { cells }));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (line, message) in [
            ("break", "a place (12 or 12:5) is missing"),
            ("break 0", "`0` is not a place (12 or 12:5)"),
            ("step x", "`x` is not a number"),
            ("step 1 2", "`2` is too much"),
            ("watch px", "`px` is not a cell (3, p or p+1)"),
            ("watch 3 = 4", "`= 4` is not a comparison (== != < <= > >=)"),
            ("watch 3 < x", "`x` is not a value (10, -1, 0xff or 'x')"),
            ("frob", "`frob` is no command; `help` lists them"),
        ] {
            assert_eq!(parse(line).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn values_are_wrapped_to_the_width() {
        let equal = Test { relation: Relation::Equal, value: -1 };
        assert!(equal.holds(255, 255) && !equal.holds(255, 65535) && equal.holds(u64::MAX, u64::MAX));
    }
}
