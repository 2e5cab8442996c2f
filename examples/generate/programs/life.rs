//! `life.bf`: Conway's game of life on a torus.
//!
//! The board is an array of records, row after row, with a frame of dead
//! cells around it.  In each generation every living cell adds 1 to a counter
//! in its eight neighbours; then the counters in the frame are moved to the
//! opposite edge of the board, which makes it a torus.

use crate::Example;
use crate::bf::{Bf, Cell, Wide};

const SIZE: usize = 20;
/// A glider that will run into an r-pentomino.
const START: [&str; 7] = [
    " #                  ",
    "  #                 ",
    "###                 ",
    "                    ",
    "             ##     ",
    "            ##      ",
    "             #      ",
];
/// The board is shown this many times...
const PICTURES: i32 = 8;
/// ...and lives through this many generations after each.
const GENERATIONS: i32 = 50;

// The fields of a record.
const ALIVE: Wide = Wide(Cell(0));
const COUNT: Wide = Wide(Cell(4));
/// 1 in all records, the frame included.
const PRESENT: Cell = Cell(8);
/// 1 in the rows of the board, from the left to the right frame.
const ROW: Cell = Cell(9);
/// 1 in the cells of the board.
const BOARD: Cell = Cell(10);
/// 1 in the frame to the right of the board, where lines end.
const LINE_END: Cell = Cell(11);
/// Travels along a row: how many more records to visit.
const LEFT: Cell = Cell(12);
const SCRATCH: Cell = Cell(13);
/// From one record to the next in the same row.
const RIGHT: i32 = 15;
/// From one record to the next in the same column.
const DOWN: i32 = (SIZE as i32 + 2) * RIGHT;

/// Appends `n` records with 1 in each of `fields`.
fn lay_out(b: &mut Bf, n: usize, fields: &[Cell]) {
    b.add(LEFT, n as i32);
    b.walk(LEFT, RIGHT, |b| {
        for &field in fields {
            b.add(field, 1);
        }
        b.add(LEFT, -1);
        b.pour(LEFT, &[(LEFT.offset(RIGHT), 1)]);
    });
}

/// Builds the board from its first record on and ends behind the last.
fn build(b: &mut Bf) {
    lay_out(b, SIZE + 2, &[PRESENT]);
    for row in 0..SIZE {
        lay_out(b, 1, &[PRESENT, ROW]);
        lay_out(b, SIZE, &[PRESENT, ROW, BOARD]);
        if let Some(line) = START.get(row) {
            for (i, _) in line.match_indices('#') {
                b.add(Cell::from(ALIVE).offset((i as i32 - SIZE as i32) * RIGHT), 1);
            }
        }
        lay_out(b, 1, &[PRESENT, ROW, LINE_END]);
    }
    lay_out(b, SIZE + 2, &[PRESENT]);
}

/// Runs `body` if `flag` is 1, and keeps it.
fn if_marked(b: &mut Bf, flag: Cell, body: impl FnOnce(&mut Bf)) {
    b.temps(|b, [t]| {
        b.drain(flag, |b| {
            b.add(t, 1);
            body(b);
        });
        b.pour(t, &[(flag, 1)]);
    });
}

fn show(b: &mut Bf) {
    if_marked(b, BOARD, |b| {
        b.temps(|b, [ink]| {
            b.add(ink, i32::from(b'.'));
            b.if_nonzero(ALIVE, |b| b.add(ink, i32::from(b'O') - i32::from(b'.')));
            b.output(ink);
            b.clear(ink);
        });
    });
    if_marked(b, LINE_END, |b| b.print("\n"));
}

/// Adds 1 to the counters around a living cell.
fn spread(b: &mut Bf) {
    b.if_nonzero(ALIVE, |b| {
        for row in [-DOWN, 0, DOWN] {
            for column in [-RIGHT, 0, RIGHT] {
                if (row, column) != (0, 0) {
                    b.add(Cell::from(COUNT).offset(row + column), 1);
                }
            }
        }
    });
}

/// From a record of the upper frame to the lower frame, or back: `way` is
/// `DOWN` or minus `DOWN`.
fn cross(b: &mut Bf, way: i32) {
    b.go(ROW.offset(way));
    b.rebase(way);
    b.scan(ROW, way);
}

/// Wraps one column, starting and ending in the upper frame.
fn wrap_column(b: &mut Bf) {
    for way in [DOWN, -DOWN] {
        b.drain(COUNT, |b| {
            cross(b, way);
            b.add(Cell::from(COUNT).offset(-way), 1);
            cross(b, -way);
        });
        cross(b, way);
    }
}

/// Wraps one row, starting in the frame on its left.
fn wrap_row(b: &mut Bf) {
    let count = |column: usize| Cell::from(COUNT).offset(column as i32 * RIGHT);
    b.pour(count(0), &[(count(SIZE), 1)]);
    b.pour(count(SIZE + 1), &[(count(1), 1)]);
}

/// Decides about the cell: three neighbours make it live, two let it be.
fn decide(b: &mut Bf) {
    b.add(COUNT, -2);
    b.if_nonzero(COUNT, |b| {
        b.clear(ALIVE);
        b.add(COUNT, -1);
        b.if_zero(COUNT, |b| b.add(ALIVE, 1));
    });
    b.clear(COUNT);
}

/// From behind the last record back to the first.
fn rewind(b: &mut Bf) {
    b.go(PRESENT.offset(-RIGHT));
    b.rebase(-RIGHT);
    b.scan(PRESENT, -RIGHT);
    b.rebase(RIGHT);
}

fn generation(b: &mut Bf) {
    b.walk(PRESENT, RIGHT, spread);
    rewind(b);

    b.add(LEFT, SIZE as i32 + 2);
    b.walk(LEFT, RIGHT, |b| {
        wrap_column(b);
        b.add(LEFT, -1);
        b.pour(LEFT, &[(LEFT.offset(RIGHT), 1)]);
    });
    // That was the upper frame, so this is the frame left of the first row.
    b.walk(ROW, DOWN, wrap_row);
    b.go(ROW.offset(-DOWN));
    b.rebase(-DOWN);
    b.scan(ROW, -DOWN);

    b.walk(PRESENT, RIGHT, decide);
    rewind(b);
}

fn program() -> String {
    let mut b = Bf::new();
    let [pictures, generations] = std::array::from_fn(|_| b.cell());
    let first = b.array(1) + RIGHT;
    let on_the_board = |b: &mut Bf, body: &dyn Fn(&mut Bf)| {
        b.go(Cell(first));
        b.rebase(first);
        b.scratch_from(SCRATCH, |b| body(b));
        b.rebase(-first);
    };

    on_the_board(&mut b, &|b| {
        build(b);
        rewind(b);
    });
    b.set(pictures, PICTURES);
    b.drain(pictures, |b| {
        on_the_board(b, &|b| {
            b.walk(PRESENT, RIGHT, show);
            rewind(b);
        });
        b.print("\n");
        b.set(generations, GENERATIONS);
        b.drain(generations, |b| on_the_board(b, &generation));
    });
    b.finish("The game of life on a torus of 20 by 20 cells   generated code")
}

fn expected() -> String {
    let mut board = [[false; SIZE]; SIZE];
    for (cells, line) in board.iter_mut().zip(START) {
        for (i, _) in line.match_indices('#') {
            cells[i] = true;
        }
    }
    let mut text = String::new();
    for _ in 0..PICTURES {
        for row in &board {
            text.extend(row.map(|alive| if alive { 'O' } else { '.' }));
            text.push('\n');
        }
        text.push('\n');
        for _ in 0..GENERATIONS {
            let before = board;
            for (y, row) in board.iter_mut().enumerate() {
                for (x, cell) in row.iter_mut().enumerate() {
                    let neighbours = (0..9)
                        .filter(|i| *i != 4)
                        .filter(|i| before[(y + SIZE - 1 + i / 3) % SIZE][(x + SIZE - 1 + i % 3) % SIZE])
                        .count();
                    *cell = neighbours == 3 || *cell && neighbours == 2;
                }
            }
        }
    }
    text
}

pub fn example() -> Example {
    Example { name: "life", code: Some(program()), input: None, output: expected().into_bytes() }
}
