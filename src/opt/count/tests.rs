//! What loops count, by their bodies.

use crate::opt::testing::check8;

/// Asserts that `count` is put before or into the loop in `code`, at the `@`.
fn counts(code: &str, count: &str) {
    check8("count", &code.replace("@", ""), &code.replace("@", &format!("{count}/")));
}

fn stays(code: &str) {
    check8("count", code, code);
}

#[test]
fn division_by_shifting_the_pointer() {
    counts(
        "@loop [0]/add [0] 255/add [1] 255/loop [1]/add [2] 1/move 3/end/loop [2]/add [2] 1/\
             if [2]/muladd [1] [2] 1/set [2] 0/end/add [3] 1/move 3/end/move -3/end",
        "count [0] [1] down to 1 against [2] 0 not 1 carry [3] zero [4] zero [5]",
    );
    // Mirrored, the dividend kept, the remainder counting from 1.
    counts(
        "@loop [0]/add [0] 255/add [-1] 1/add [-2] 255/loop [-2]/add [-3] 1/move -3/end/loop [-3]/\
             if [-3]/muladd [-2] [-3] 1/set [-3] 0/end/set [-3] 1/add [-4] 1/move -3/end/move 3/end",
        "count [0] [-2] down to 1 against [-3] -1 not 0 carry [-4] copy [-1] zero [-5] zero [-6]",
    );
}

#[test]
fn comparison() {
    // The smaller one, and what the phase is short of the counter.
    counts(
        "@loop [0]/add [0] 255/add [2] 1/loop [1]/add [1] 255/add [5] 1/add [2] 255/move 2/end/\
             loop [2]/add [2] 255/add [6] 1/move 2/end/move -2/end",
        "count [0] [1] down to 0 from 1 mirror [5] carry [6] zero [2] zero [3] zero [4]",
    );
    // The smaller one lies where it is not come to if the phase is 0.
    counts(
        "@loop [0]/add [0] 255/if [1]/add [1] 255/add [100] 1/end/end",
        "count [0] [1] down to 0 from 1 mirror [100]",
    );
    // What is taken from the phase as long as there is something left of it.
    counts("@loop [0]/add [0] 255/if [1]/add [1] 255/end/add [2] 1/end", "count [0] [1] down to 0 from 1 copy [2]");
    counts(
        "@loop [0]/add [0] 255/set [2] 1/if [1]/add [1] 255/add [3] 1/set [2] 0/end/\
             if [2]/add [4] 1/set [2] 0/end/end",
        "count [0] [1] down to 0 from 1 mirror [3] carry [4] zero [2]",
    );
}

#[test]
fn verdicts_of_comparisons() {
    let around = |before: &str, body: &str| {
        check8(
            "count",
            &format!("loop [1]/{body}/end/output [2]"),
            &format!("if [1]/{before}loop [1]/{body}/end/end/output [2]"),
        );
    };
    let less = "if [0]/copy [3] [0] 1/end/set [2] 1/if [3]/set [3] 0/set [2] 0/add [0] 255/end/add [1] 255";
    around("set [2] 0/count [1] [0] down to 0 from 1 carry [2] zero [3]/if [2]/set [2] 1/end/", less);
    // The other way round.
    around(
        "set [2] 0/count [1] [0] down to 0 from 1 carry [2]/if [2]/set [2] 253/end/add [2] 7/",
        "set [2] 4/if [0]/set [2] 7/add [0] 255/end/add [1] 255",
    );
    // Once the other one is through, cells are set and added to.
    around(
        "set [2] 0/count [1] [0] down to 0 from 1 carry [2]/\
             if [2]/muladd [5] [2] 3/muladd [4] [2] 255/set [6] 0/set [2] 0/end/",
        "set [2] 1/if [0]/set [2] 0/add [0] 255/end/if [2]/add [4] 255/set [6] 0/add [5] 3/set [2] 0/end/add [1] 255",
    );
    // What the other way clears, while the plain one leaves it alone, need not be 0 before.
    around(
        "set [3] 0/count [1] [-1] down to 1 from 0 carry [3]/if [3]/set [2] 0/set [3] 0/end/",
        "add [-1] 255/set [3] 1/if [-1]/set [3] 0/end/if [3]/set [2] 0/set [3] 0/end/add [1] 255",
    );
}

#[test]
fn verdicts_that_are_not_told() {
    for body in [
        // It is read first, or assigned on one way only.
        "muladd [5] [2] 1/set [2] 1/if [0]/set [2] 0/add [0] 255/end/add [1] 255",
        "if [0]/set [2] 0/add [0] 255/end/add [1] 255",
    ] {
        stays(&format!("loop [1]/{body}/end/output [2]"));
    }
}

#[test]
fn counters_that_are_reloaded() {
    counts(
        "@loop [6]/set [9] 1/if [7]/muladd [8] [7] 1/set [9] 0/set [7] 0/end/if [8]/muladd [7] [8] 1/set [8] 0/end/\
             if [9]/muladd [7] [9] 10/muladd [10] [9] 1/set [9] 0/end/add [7] 255/add [6] 255/end",
        "count [6] [7] down to 0 from 10 carry [10] zero [8] zero [9]",
    );
    // The pointer comes back if what is raised was 0: else the way may be another one.
    counts(
        "@loop [0]/add [0] 255/loop [1]/add [3] 1/move 1/end/scan [2] -1/add [3] 255/\
             if [3]/muladd [1] [3] 246/muladd [8] [3] 255/set [3] 0/end/add [1] 255/end",
        "count [0] [1] down to 0 from 10 carry [8] zero [2] zero [3]",
    );
    counts(
        "@loop [4]/set [9] 1/copy [7] [6] 1/if [7]/set [9] 0/set [7] 0/end/\
             if [9]/copy [6] [5] 1/set [9] 0/end/add [6] 255/add [4] 255/end",
        "count [4] [6] down to 0 from [5] zero [7] zero [9]",
    );
    // An addition that carries where it wraps, by a boolean not.
    counts(
        "@loop [0]/add [0] 255/add [1] 1/set [3] 1/minadd [3] [1] 1 255/if [3]/add [4] 1/set [3] 0/end/end",
        "count [0] [1] up to -1 from 0 carry [4] zero [3]",
    );
    // A subtraction that borrows where it wraps.
    counts(
        "@loop [0]/add [0] 255/set [3] 1/minadd [3] [1] 1 255/if [3]/add [4] 255/set [3] 0/end/add [1] 255/end",
        "count [0] [1] down to 0 from 0 borrow [4] zero [3]",
    );
    // By conditions.
    counts(
        "@loop [0]/add [0] 255/add [1] 1/copy [2] [1] 1/set [3] 1/if [2]/set [3] 0/set [2] 0/end/\
             if [3]/add [4] 1/set [3] 0/end/end",
        "count [0] [1] up to -1 from 0 carry [4] zero [2] zero [3]",
    );
}

#[test]
fn bits_that_become_1_less_themselves() {
    let adder = |first: &str, count: &str| {
        let body = "add [3] 255/add [0] 1/if [1]/muladd [-6] [1] 1/end/copy [1] [1] 255/muladd [1] [0] 1/set [0] 0";
        format!("input [3]/set [1] {first}/add [0] 255/{count}loop [3]/{body}/end")
    };
    for first in ["0", "1"] {
        let count = "count [3] [1] up to 1 from 2 carry [-6] zero [0]/";
        check8("count", &adder(first, ""), &adder(first, count));
    }
    stays(&adder("2", ""));
    // Where the bit becomes 1.
    counts(
        "input [3]/set [1] 0/@loop [3]/add [3] 255/copy [1] [1] 255/add [1] 1/if [1]/muladd [2] [1] 1/end/end",
        "count [3] [1] down to 0 from 2 carry [2]",
    );
    counts(
        "input [3]/set [1] 0/@loop [3]/add [3] 255/copy [1] [1] 255/add [1] 1/add [2] 1/end",
        "count [3] [1] up to 1 from 2 copy [2]",
    );
    let flip = "add [3] 255/copy [1] [1] 255/add [1] 1";
    for code in [
        // Not known, changed since, elsewhere, and perhaps not.
        format!("input [3]/input [1]/loop [3]/{flip}/end"),
        format!("set [1] 0/add [1] 7/loop [3]/{flip}/end"),
        format!("set [1] 0/move 1/loop [3]/{flip}/end"),
        format!("set [1] 0/if [1]/set [1] 2/end/loop [3]/{flip}/end"),
        // It is carried twice.
        format!("set [1] 0/loop [3]/muladd [2] [1] 2/{flip}/end"),
    ] {
        stays(&code);
    }
}

#[test]
fn a_cell_that_counts_against_the_phase() {
    // The digit, what it is short of its base, and the carry.
    counts(
        "@loop [0]/add [0] 255/add [-3] 1/add [1] 255/add [2] 1/loop [1]/add [2] 255/move 2/end/\
             loop [2]/add [2] 255/add [1] 10/add [-3] 246/add [-2] 1/move 2/end/move -2/end",
        "count [0] [1] down to 1 from 10 mirror [-3] carry [-2] zero [2] zero [3] zero [4]",
    );
    counts(
        "@loop [0]/add [0] 255/add [1] 1/add [3] 255/add [2] 1/loop [1]/add [2] 255/move 4/end/\
             loop [2]/add [2] 255/add [1] 246/add [3] 10/move 4/end/move -4/end",
        "count [0] [1] up to -1 from 10 mirror [3] zero [2] zero [5] zero [6]",
    );
    // It is not reset by as much.
    stays(
        "loop [0]/add [0] 255/add [-3] 1/add [1] 255/add [2] 1/loop [1]/add [2] 255/move 2/end/\
             loop [2]/add [2] 255/add [1] 10/add [-3] 245/add [-2] 1/move 2/end/move -2/end",
    );
}

#[test]
fn minima() {
    counts(
        "loop [6]/@add [6] 255/if [7]/muladd [8] [7] 1/muladd [9] [7] 1/set [7] 0/end/\
             if [9]/muladd [7] [9] 1/set [9] 0/end/set [9] 1/if [8]/set [9] 0/add [7] 255/set [8] 0/end/\
             if [9]/add [5] 1/set [6] 0/set [9] 0/end/end",
        "count [6] [7] down to 0 leave 1 zero [8] zero [9]",
    );
    counts(
        "loop [8]/@add [6] 255/add [7] 255/set [8] 0/copy [9] [6] 1/if [9]/set [9] 0/copy [10] [7] 1/\
             if [10]/set [10] 0/set [8] 1/end/end/end",
        "count [6] [7] down to 1 leave 1 zero [9] zero [10]",
    );
}

#[test]
fn a_cell_that_is_1() {
    let body = |raised: u8| {
        format!(
            "add [0] 255/add [1] 255/walk [1] 1 0 -1/move 1/loop [1]/add [4] 1/add [1] 255/move 1/end/\
                 add [0] {raised}/move -2"
        )
    };
    let count = "add [2] 255/count [0] [1] down to 1 from 0 carry [5] zero [2] zero [3]/add [2] 1";
    check8(
        "count",
        &format!("loop [0]/{}/end/output [2]", body(1)),
        &format!("if [0]/{count}/loop [0]/{}/end/end/output [2]", body(1)),
    );
    // It would be 2.
    stays(&format!("loop [0]/{}/end", body(2)));
    // Ahead of the last iteration.
    counts(
        "loop [0]/@add [1] 255/walk [1] 1 0 -1/move 1/loop [1]/add [-2] 1/set [-1] 1/add [1] 255/move 1/end/\
             add [0] 1/move -2/add [0] 255/end",
        "add [2] 255/count [0] [1] down to 1 leave 1 zero [2] zero [3]/add [2] 1",
    );
}

#[test]
fn the_iterations_in_which_the_phase_is_not_reloaded() {
    // The pointer is on cell 0 or on cell 1, which is 0; cell 2 leads it back, and cell 4 or cell 5 is lowered.
    let body = "add [3] 255/add [0] 255/scan [0] 1/add [4] 255/scan [1] -1";
    check8(
        "count",
        &format!("loop [3]/{body}/end/output [2]"),
        &format!(
            "if [3]/add [2] 255/count [3] [0] down to 1 from 0 borrow [4] others [5] zero [1] zero [2]/add [2] 1/\
                 loop [3]/{body}/end/end/output [2]"
        ),
    );
    let both_ways = |plain: &str, turned: &str| {
        format!(
            "loop [0]/add [0] 255/add [1] 255/copy [2] [1] 1/set [3] 1/if [2]/set [3] 0/add [4] {plain}/set [2] 0/end/\
                 if [3]/add [5] {turned}/set [1] 5/set [3] 0/end/end"
        )
    };
    let count = "count [0] [1] down to 1 from 5 carry [5] others [4] zero [2] zero [3]";
    counts(&format!("@{}", both_ways("1", "1")), count);
    // One counts up and the other down.
    stays(&both_ways("1", "255"));
}

#[test]
fn two_cells_until_one_is_through() {
    counts(
        "loop [0]/@set [5] 1/if [1]/set [5] 0/end/if [5]/set [0] 0/set [5] 0/end/\
             set [5] 1/if [2]/set [5] 0/end/if [5]/set [0] 0/set [5] 0/end/add [1] 255/add [2] 255/end",
        "count [1] [2] down to 0 leave 0 zero [5]",
    );
}

#[test]
fn the_same_on_other_cells() {
    let division = "loop [0]/add [0] 255/if [1]/add [1] 255/add [3] 1/end/end";
    let elsewhere = "loop [5]/add [5] 255/if [6]/add [6] 255/add [8] 1/end/end";
    let other = "loop [5]/add [5] 255/if [6]/add [6] 255/add [9] 1/end/end";
    check8(
        "count",
        &[division, elsewhere, other].join("/"),
        &[
            "count [0] [1] down to 0 from 1 mirror [3]",
            division,
            "count [5] [6] down to 0 from 1 mirror [8]",
            elsewhere,
            "count [5] [6] down to 0 from 1 mirror [9]",
            other,
        ]
        .join("/"),
    );
}

#[test]
fn loops_that_end_elsewhere_divide_as_long_as_they_come_back() {
    counts(
        "@loop [0]/add [0] 255/loop [0]/add [0] 255/add [2] 1/move 1/end/move -1/end",
        "divide [0] by 2 to [2] unless [1]",
    );
    counts(
        "@loop [3]/add [3] 255/loop [3]/add [3] 255/loop [3]/add [3] 255/add [5] 1/move 1/end/end/move -1/end",
        "divide [3] by 3 to [5] unless [4]",
    );
    for body in [
        // More is taken from the counter than it is tested for, or something else is added, or more is.
        "add [0] 254/loop [0]/add [0] 255/add [2] 1/move 1/end/move -1",
        "add [0] 255/loop [0]/add [0] 255/add [2] 2/move 1/end/move -1",
        "add [0] 255/loop [0]/add [0] 255/add [2] 1/add [3] 1/move 1/end/move -1",
        // What has to be 0 is what is added to.
        "add [0] 255/loop [0]/add [0] 255/add [1] 1/move 1/end/move -1",
    ] {
        stays(&format!("loop [0]/{body}/end"));
    }
}

#[test]
fn loops_that_end_elsewhere_count_until_then() {
    counts("@loop [8]/add [8] 255/add [7] 255/scan [7] -1/move 1/end", "count [8] [7] down to 1 leave 0 zero [6]");
    // Nothing else is done, and the pointer comes back.
    for body in ["add [8] 255/add [7] 255/add [5] 3/scan [7] -1/move 1", "add [8] 255/add [7] 255/scan [7] -1/move 2"] {
        stays(&format!("loop [8]/{body}/end"));
    }
}

#[test]
fn zeros_that_only_the_plain_way_looks_at() {
    counts(
        "@loop [6]/add [11] 1/add [12] 255/scan [12] 2/loop [11]/muladd [12] [11] 1/set [11] 0/add [10] 1/move 2/end/\
             add [4] 255/move -2/end",
        "count [6] [12] down to 1 against [11] 0 not 0 waits carry [10] zero [13] zero [14]",
    );
}

#[test]
fn a_phase_that_starts_again_on_its_own() {
    counts(
        "@loop [0]/add [0] 255/loop [1]/add [1] 255/add [2] 1/move 3/end/\
             loop [2]/add [0] 1/muladd [1] [2] 1/set [2] 0/add [3] 1/move 3/end/move -3/end",
        "count [0] [1] down to 0 against [2] 0 not 0 carry [3] zero [4] zero [5]",
    );
    counts(
        "@loop [0]/set [2] 1/if [1]/add [1] 255/add [0] 255/set [2] 0/end/if [2]/set [1] 9/end/end",
        "count [0] [1] down to 0 from 9 zero [2]",
    );
}

#[test]
fn other_loops_stay() {
    for code in [
        // Both ways go on, and the second one does something else.
        "loop [0]/add [0] 255/if [1]/add [1] 254/end/end",
        // Where the phase is at its turn it stays there, or perhaps.
        "loop [0]/set [2] 1/if [1]/add [1] 255/add [0] 255/set [2] 0/end/if [2]/set [1] 0/end/end",
        "loop [0]/set [2] 1/if [1]/add [1] 255/add [0] 255/set [2] 0/end/if [2]/copy [1] [3] 1/end/end",
        "loop [0]/set [2] 1/if [1]/add [1] 255/add [0] 255/set [2] 0/end/if [2]/add [3] 1/end/end",
        // However it goes, the flag is 0 behind it, if cell 3 was.
        "loop [0]/set [0] 0/add [1] 255/add [2] 255/if [3]/copy [0] [3] 1/set [3] 0/end/if [1]/\
             if [2]/copy [5] [2] 1/end/if [5]/set [5] 0/add [7] 1/end/end/end",
        // It writes.
        "loop [0]/add [0] 255/add [1] 255/if [1]/output [1]/end/end",
        // The next way finds something in cell 2, which it takes for 0.
        "loop [0]/set [3] 1/muladd [2] [1] 1/set [1] 0/if [2]/add [3] 255/add [0] 255/add [2] 255/\
             muladd [1] [2] 1/set [2] 0/end/if [3]/add [3] 255/add [1] 3/add [2] 1/end/end",
        // The divisor changes with every turn.
        "loop [4]/set [9] 1/copy [7] [6] 1/if [7]/set [9] 0/set [7] 0/end/\
             if [9]/copy [6] [5] 1/add [5] 1/set [9] 0/end/add [6] 255/add [4] 255/end",
        // The quotient and the remainder are one.
        "loop [0]/add [0] 255/add [1] 255/loop [1]/add [2] 1/move 3/end/loop [2]/add [2] 1/\
             if [2]/muladd [1] [2] 1/set [2] 0/end/add [2] 1/move 3/end/move -3/end",
    ] {
        stays(code);
    }
    // Cell 900 is accessed only where the phase is reloaded, and a zero that may be off the tape is not looked at.
    stays(
        "loop [4]/copy [7] [6] 1/set [9] 1/if [7]/set [9] 0/set [7] 0/end/\
             if [9]/copy [6] [5] 1/add [900] 1/set [9] 0/end/add [6] 255/add [4] 255/end",
    );
}
