use super::*;
use crate::parse::{Bang, Granularity, Hash, Options, parse};
use crate::source::Source;

const MAX_STEPS: u64 = 1_000_000;

fn findings(code: &str, dialect: Dialect, input: &[u8]) -> Findings {
    let source = Source::new("t", code.as_bytes().to_vec()).unwrap();
    let (width, granularity) = (dialect.width, Granularity::Commands);
    let options = Options { width, granularity, hash: Hash::Comment, bang: Bang::Comment };
    examine(&parse(&source, &options).unwrap().program, &dialect, input, MAX_STEPS)
}

#[test]
fn another_way_to_the_same_output_is_not_seen() {
    // Where the input ends it tests the cell, and prints nothing then.
    let code = ",[.,]";
    let found = findings(",+[-.[-],+]", Dialect::new(CellWidth::W8, Eof::MinusOne, 30_000), b"ab");
    assert!(found.variants.iter().any(Variant::is_seen), "with 0 it does not end: {found:?}");
    let found = findings(&format!("{code}>+[-]"), Dialect::new(CellWidth::W8, Eof::Zero, 30_000), b"");
    let of = |eof| found.variants.iter().find(|variant| variant.convention == Convention::Eof(eof)).unwrap();
    assert!(!of(Eof::Same).is_seen() && of(Eof::MinusOne).is_seen(), "{found:?}");
    // Its way there is another.
    let found = findings(",[[-]]", Dialect::new(CellWidth::W8, Eof::Zero, 30_000), b"");
    let minus_one = found.variants.iter().find(|variant| variant.convention == Convention::Eof(Eof::MinusOne));
    let minus_one = minus_one.unwrap();
    assert!(minus_one.parting.is_some() && minus_one.prints_same && !minus_one.is_seen(), "{found:?}");
    assert!(!found.depends_on_eof());
}

/// The conventions under which the program does something else: where and how.
fn partings(findings: &Findings) -> Vec<(Convention, u32, How)> {
    let parted = findings.variants.iter().filter_map(|variant| variant.parting.map(|at| (variant.convention, at)));
    parted.map(|(convention, Parting { place, how })| (convention, place.span.start, how)).collect()
}

#[test]
fn a_program_that_asks_for_nothing() {
    let findings = findings(",[.-]>+.", Dialect::default(), b"\x05");
    assert_eq!((findings.finish, findings.steps), (Finish::Ended, 2 + 3 * 5 + 3));
    assert_eq!(findings.variants.len(), 5);
    assert!(findings.variants.iter().all(|variant| variant.parting.is_none()));
    assert_eq!((findings.wrap, findings.past_end, findings.far, findings.left), (None, None, None, None));
    assert_eq!((findings.last_cell, findings.ample, findings.remedy), (1, None, None));
}

#[test]
fn the_end_of_the_input() {
    // Reads into a 7; only the byte that is printed tells.
    let found = findings("+++++++>,<,.", Dialect::default(), b"x");
    assert_eq!(found.past_end.map(|place| place.span.start), Some(10));
    assert_eq!(
        partings(&found),
        [
            (Convention::Eof(Eof::Zero), 11, How::Prints { chosen: 7, other: 0 }),
            (Convention::Eof(Eof::MinusOne), 11, How::Prints { chosen: 7, other: 255 }),
        ]
    );
    // The cell is 0, and so 0 is the same; -1 is not.
    let found = findings(",[.,]", Dialect::new(CellWidth::W8, Eof::Zero, 1), b"");
    assert_eq!(partings(&found), [(Convention::Eof(Eof::MinusOne), 1, How::Branches { chosen: 0, other: 255 })]);
    // A width matters where all bits are set.
    let found = findings(",+[]", Dialect::new(CellWidth::W16, Eof::MinusOne, 1), b"");
    assert_eq!(found.finish, Finish::Ended);
    let eof = |eof, other| (Convention::Eof(eof), 2, How::Branches { chosen: 0, other });
    assert_eq!(partings(&found), [eof(Eof::Same, 1), eof(Eof::Zero, 1)]);
}

#[test]
fn a_cat_needs_an_end_of_input() {
    let found = findings(",[.,]", Dialect::default(), b"ab");
    assert_eq!(found.finish, Finish::CutOff);
    assert_eq!(found.remedy, Some(Dialect::new(CellWidth::W8, Eof::Zero, DEFAULT_TAPE_CELLS)));
}

#[test]
fn the_width_of_cells() {
    // 16 * 16 is 0 in 8 bits.
    let code = "++++++++++++++++[>++++++++++++++++<-]>[<+>[-]]<.";
    let found = findings(code, Dialect::default(), b"");
    let wide = |width| (Convention::Cells(width), 38, How::Branches { chosen: 0, other: 256 });
    assert_eq!(partings(&found), [wide(CellWidth::W16), wide(CellWidth::W32), wide(CellWidth::W64)]);
    let ends: Vec<_> = found.variants.iter().map(|variant| (variant.finish, variant.wraps)).collect();
    let wide = (Some(Finish::Ended), Some(false));
    assert_eq!(ends, [(None, None), (None, None), wide, wide, wide]);
    assert_eq!(found.wrap.map(|(wrap, place)| (wrap, place.span.start)), Some((Wrap::AboveMaximum, 33)));
    // From the other side it looks the same, but nothing wraps around.
    let found = findings(code, Dialect::new(CellWidth::W16, Eof::Same, 1), b"");
    let narrow = (Convention::Cells(CellWidth::W8), 38, How::Branches { chosen: 256, other: 0 });
    assert_eq!((partings(&found), found.wrap), (vec![narrow], None));
}

#[test]
fn wrapping_around_and_back_is_no_difference() {
    let found = findings("--->+<+++[.]", Dialect::default(), b"");
    assert_eq!(partings(&found), []);
    assert_eq!(found.wrap.map(|(wrap, place)| (wrap, place.span.start)), Some((Wrap::BelowZero, 0)));
}

#[test]
fn far_cells_and_moves_to_the_left() {
    let code = format!("<>{}+>+", ">".repeat(30_000));
    let found = findings(&code, Dialect::default(), b"");
    assert_eq!(found.left.map(|place| place.span.start), Some(0));
    assert_eq!(found.far.map(|(cell, place)| (cell, place.span.start)), Some((30_000, 30_002)));
    assert_eq!(found.last_cell, 30_001);
}

#[test]
fn a_fault_is_tried_on_a_longer_tape() {
    let found = findings("+<+<+>>>+", Dialect::default(), b"");
    let Finish::Faulted { cell: -1, place } = found.finish else { panic!("{found:?}") };
    assert_eq!((place.span.start, place.steps), (2, 2));
    assert_eq!((found.ample, found.remedy), (Some((Finish::Ended, -2, 1)), None));
    let short = format!("{}+", ">".repeat(5000));
    let found = findings(&short, Dialect::new(CellWidth::W8, Eof::Same, 1), b"");
    assert_eq!(found.ample, Some((Finish::Ended, 0, 5000)));
}

#[test]
fn two_changes_are_tried_if_one_does_not_help() {
    // Ends if the input's end is 0 and 256 is not.
    let not_zero = "++++++++++++++++[>++++++++++++++++<-]";
    let code = format!("{not_zero}+>[<->[-]]<[]>>+,[]");
    let found = findings(&code, Dialect::default(), b"");
    assert_eq!(found.finish, Finish::CutOff);
    assert_eq!(found.remedy, Some(Dialect::new(CellWidth::W16, Eof::Zero, DEFAULT_TAPE_CELLS)));
}
