//! `queens.bf`: in how many ways do n queens fit on a board of n by n?
//!
//! The search is a nest of loops, one for each row, that the generator
//! unrolls.  All boards share it: where the row equals the size of the board,
//! a solution is counted instead of entering the next loop.

use crate::Example;
use crate::bf::{Bf, Cell, Wide};
use crate::num::{Num, print_byte};

/// The largest board.
const LARGEST: usize = 10;

struct Search {
    size: Cell,
    /// The column of the queen in each row, counting from 1.
    columns: Vec<Wide>,
    /// How many more rows there are to fill.
    missing: Wide,
    solutions: Num,
}

impl Search {
    /// Tries all the columns for the queen of `row`.
    fn place(&self, b: &mut Bf, row: usize) {
        if row == LARGEST {
            return self.solutions.increment(b);
        }
        let column = self.columns[row];
        b.branch(
            self.missing,
            |b| {
                b.add(self.missing, -1);
                b.copy(self.size, column);
                b.while_(column, |b| {
                    self.check(b, row, 0);
                    b.add(column, -1);
                });
                b.add(self.missing, 1);
            },
            |b| self.solutions.increment(b),
        );
    }

    /// Goes on to the next row if the queen of `row` is not attacked by the
    /// queen of the row `above` or one that comes after it.
    fn check(&self, b: &mut Bf, row: usize, above: usize) {
        if above == row {
            return self.place(b, row + 1);
        }
        let distance = (row - above) as i32;
        b.wides(|b, [difference]| {
            b.temps(|b, [safe]| {
                b.copy(self.columns[row], difference);
                b.temps(|b, [t]| {
                    let other = self.columns[above];
                    b.pour(other, &[(difference.into(), -1), (t, 1)]);
                    b.pour(t, &[(other.into(), 1)]);
                });
                // Safe unless the difference is 0 or the distance of the
                // rows, in either direction.
                b.add(safe, 1);
                let mut now = 0;
                for attack in [-distance, 0, distance] {
                    b.add(difference, now - attack);
                    now = attack;
                    b.if_zero(difference, |b| b.add(safe, -1));
                }
                b.clear(difference);
                b.drain(safe, |b| self.check(b, row, above + 1));
            });
        });
    }
}

fn program() -> String {
    let mut b = Bf::new();
    let boards = b.cell();
    let size = b.cell();
    let solutions = Num::new(&mut b, 10, 3);
    let missing = b.wide();
    let columns = (0..LARGEST).map(|_| b.wide()).collect();
    let search = Search { size, columns, missing, solutions };
    b.set(boards, LARGEST as i32);
    b.drain(boards, |b| {
        b.add(size, 1);
        b.copy(size, missing);
        search.place(b, 0);
        b.clear(missing);
        print_byte(b, size);
        b.print(" queens: ");
        solutions.print(b);
        b.print("\n");
        solutions.clear(b);
    });
    b.finish("The queens puzzle counted for boards of 1 to 10   generated code")
}

/// Counts by bit masks: occupied columns and diagonals.
fn count(free: u32, columns: u32, left: u32, right: u32) -> u32 {
    if columns == free {
        return 1;
    }
    (0..u32::BITS)
        .map(|i| 1 << i)
        .filter(|bit| free & !(columns | left | right) & bit != 0)
        .map(|bit| count(free, columns | bit, (left | bit) << 1, (right | bit) >> 1))
        .sum()
}

pub fn example() -> Example {
    let output: String = (1..=LARGEST).map(|n| format!("{n} queens: {}\n", count((1 << n) - 1, 0, 0, 0))).collect();
    Example { name: "queens", code: Some(program()), input: None, output: output.into_bytes() }
}
