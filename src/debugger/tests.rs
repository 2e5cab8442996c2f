//! The debugger, line by line, without a terminal.

use super::*;
use crate::dialect::{CellWidth, Eof};
use crate::parse::{Bang, Granularity, Hash, Options};

/// Gives its input, collects the output, and lets itself be interrupted after so many questions.
#[derive(Default)]
struct Desk {
    input: Vec<u8>,
    output: Vec<u8>,
    shown: String,
    reads: usize,
    interrupted_after: Option<u32>,
    is_mute: bool,
}

impl Host for Desk {
    fn read(&mut self) -> Result<Option<u8>, Halt> {
        if self.is_mute {
            return Err(Halt);
        }
        self.reads += 1;
        Ok(self.input.get(self.reads - 1).copied())
    }

    fn write(&mut self, byte: u8) -> Result<(), Halt> {
        self.output.push(byte);
        Ok(())
    }

    fn show(&mut self, text: &str) {
        self.shown += text;
    }

    fn is_interrupted(&mut self) -> bool {
        match &mut self.interrupted_after {
            None => false,
            Some(0) => true,
            Some(questions) => {
                *questions -= 1;
                false
            }
        }
    }
}

/// What is said to each of `lines`.
fn replies(code: &str, desk: &mut Desk, lines: &[&str]) -> Vec<String> {
    let source = Source::new("t.bf", code.as_bytes().to_vec()).unwrap();
    let dialect = Dialect::new(CellWidth::W8, Eof::Zero, 30_000);
    let options =
        Options { width: dialect.width, granularity: Granularity::Commands, hash: Hash::Dump, bang: Bang::Comment };
    let program = crate::parse::parse(&source, &options).unwrap().program;
    let mut debugger = Debugger::new(&program, &source, &dialect);
    let mut reply = |line: &&str| match debugger.obey(line, desk) {
        Reply::Text(text) => text,
        Reply::Refused(why) => format!("refused: {why}"),
        Reply::Quit => "quit".into(),
    };
    lines.iter().map(&mut reply).collect()
}

/// The first lines of what is said to each of `lines`.
fn heads(code: &str, lines: &[&str]) -> Vec<String> {
    let replies = replies(code, &mut Desk::default(), lines);
    replies.iter().map(|reply| reply.lines().next().unwrap_or_default().to_owned()).collect()
}

const NEST: &str = "++[>+++\n[>+<-]\n<-]>>.";

#[test]
fn steps_are_commands_and_are_taken_back() {
    assert_eq!(
        heads(NEST, &["step", "s 2", "", "step back", "back 3", "bs 99", "back", "next 2", "next"]),
        [
            "1:2, step 1, cell 0: 1",
            "1:4, step 3, cell 0: 2",
            "1:6, step 5, cell 1: 1",
            "1:5, step 4, cell 1: 0",
            "1:2, step 1, cell 0: 1",
            "1:1, step 0, cell 0: 0",
            "this is the start of the run",
            "1:3, step 2, cell 0: 2",
            "3:4, step 49, cell 0: 0",
        ]
    );
}

#[test]
fn breakpoints_stop_before_their_command() {
    let lines = ["break 2", "b 3:3 if 2 == 6", "b 9", "b 1:99", "c", "c", "delete 1", "c", "c", "delete 7"];
    assert_eq!(
        heads(NEST, &lines),
        [
            "breakpoint 1 at 2:1",
            "breakpoint 2 at 3:3",
            "refused: there is no command in line 9 or behind it",
            "refused: there is no command at 1:99 or behind it in the line",
            "breakpoint 1",
            "breakpoint 1",
            "",
            "breakpoint 2",
            "the program has ended",
            "refused: there is no breakpoint or watch 7",
        ]
    );
}

#[test]
fn going_back_stops_where_going_on_did() {
    let lines = ["watch 2", "watch p+1 == 2", "b 2:2", "c", "c", "c", "c", "c", "c", "c"];
    let forward = heads(NEST, &lines);
    let turns = ["rc"; 8];
    let back = heads(NEST, &[&lines[..], &turns[..]].concat());
    let stops = |replies: &[String]| replies.to_vec();
    let mut expected = stops(&forward[3..9]);
    expected.reverse();
    expected.extend(["this is the start of the run".to_owned(), "this is the start of the run".to_owned()]);
    assert_eq!(back[10..], expected);
    assert!(expected.contains(&"watch 1: cell 2 was 0, is 1".to_owned()), "{expected:?}");
    assert!(expected.contains(&"watch 2: cell 1 was 1, is 2".to_owned()), "{expected:?}");
}

#[test]
fn a_loop_is_left_by_finish_and_until() {
    assert_eq!(
        heads(NEST, &["finish", "until 2:2", "finish", "until", "fin", "until", "b 2:2", "goto 0", "c", "fin"]),
        [
            "refused: this is outside of all loops",
            "2:2, step 8, cell 1: 3",
            "3:1, step 23, cell 1: 0",
            "3:2, step 24, cell 0: 2",
            "3:4, step 49, cell 0: 0",
            "3:5, step 50, cell 1: 0",
            "breakpoint 1 at 2:2",
            "1:1, step 0, cell 0: 0",
            "breakpoint 1",
            "breakpoint 1",
        ]
    );
}

#[test]
fn until_goes_through_a_loop_from_its_end() {
    assert_eq!(heads(NEST, &["until 2:6", "until"])[1], "3:1, step 23, cell 1: 0");
}

#[test]
fn input_is_read_once_and_output_written_once() {
    let mut desk = Desk { input: b"ab".to_vec(), ..Desk::default() };
    let said = replies(",.,.,.", &mut desk, &["c", "goto 1", "p 0", "goto 4", "info", "c", "rc", "step 3", "p"]);
    assert_eq!((desk.output, desk.reads), (b"ab\0".to_vec(), 3));
    assert_eq!((said[2].as_str(), said[8].as_str()), ("cell 0: 97 'a'\n", "cell 0: 98 'b'\n"));
    assert!(said[4].starts_with("step 4 of 6 made so far\noutside of all loops\n2 bytes of input read, 2"), "{said:?}");
    assert!(said[4].contains("output: \"ab\"\n"), "{said:?}");
}

#[test]
fn what_stops_a_program_does_not_end_the_debugger() {
    assert_eq!(
        heads("+[<+]", &["c", "c", "step back", "info"]),
        [
            "tape fault: the next command accesses cell -1, which is not on the tape",
            "tape fault: the next command accesses cell -1, which is not on the tape",
            "1:3, step 2, cell 0: 1",
            "step 2 of 3 made so far",
        ]
    );
    let mut desk = Desk { is_mute: true, ..Desk::default() };
    let said = replies("+,.", &mut desk, &["c", "c"]);
    assert!(said[1].starts_with("stopped in front of input or output\n1:2, step 1"), "{said:?}");
    let mut desk = Desk { interrupted_after: Some(3), ..Desk::default() };
    let said = replies("+[]", &mut desk, &["c", "p"]);
    assert!(said[0].starts_with("interrupted\n") && said[1] == "cell 0: 1\n", "{said:?}");
    assert_eq!(heads("no program", &["c", "s", "back", "list"])[..2], ["the program has ended"; 2]);
}

/// Long runs have snapshots, and fewer of them the longer they are.
#[test]
fn a_long_run_is_gone_back_in() {
    // 255 times 255 times around, and three times in each.
    let code = "->->+++<<[->[->[->+<]+++<]-<]";
    let lines =
        ["goto 1500000", "p 0..3", "goto 17", "goto 1500000", "p 0..3", "watch 1 == 7", "rc", "p 1", "c", "rc", "p 1"];
    let said = replies(code, &mut Desk::default(), &lines);
    assert_eq!(said[1], said[4]);
    assert!(said[6].starts_with("watch 1: cell 1 was 8, is 7"), "{said:?}");
    assert!(said[8].starts_with("watch 1") || said[8].starts_with("the program has ended"), "{said:?}");
    assert_eq!((said[7].as_str(), said[10].as_str()), ("cell 1: 7\n", "cell 1: 7\n"));
}

#[test]
fn the_tape_and_the_source_are_shown() {
    let said = replies("-+[>+++\n<]>", &mut Desk::default(), &["s 1", "tape 2", "list", "step 99", "tape"]);
    assert_eq!(said[1], "cell    0   1   2\nvalue 255   0   0\nchar\n        ^\n");
    assert_eq!(said[2], "     1 | -+[>+++\n          ^\n     2 | <]>\n");
    let said = replies("<", &mut Desk::default(), &["s", "tape 1", "p", "p 65..64", "p 0..9999"]);
    assert!(said[1].ends_with("the pointer is at cell -1, which is not on the tape\n"), "{said:?}");
    assert_eq!(said[2], "cell -1: not on the tape\n");
    assert_eq!(said[4], "refused: at most 1000 cells are shown at a time");
}

#[test]
fn a_hash_shows_the_tape_once() {
    let mut desk = Desk::default();
    replies("++#+", &mut desk, &["c", "goto 0", "c"]);
    assert_eq!(desk.shown.matches("value   2").count(), 1, "{}", desk.shown);
}

#[test]
fn an_empty_line_repeats_and_a_comment_does_not_count() {
    let said = heads("++++", &["", "# nothing", "step", "# nothing", "", "help step", "quit"]);
    assert_eq!(said[..5], ["", "", "1:2, step 1, cell 0: 1", "", "1:3, step 2, cell 0: 2"]);
    assert_eq!(said[5..], ["step [N | back [N]]", "quit"]);
}
