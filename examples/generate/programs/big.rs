//! `big.bf`: a program as large as what a compiler might emit.
//!
//! It consists of stages, each of which is a random little machine: blocks of
//! statements over a set of byte variables, and a program counter that says
//! which block comes next.  A dispatch loop compares the counter with the
//! number of every block, one after the other.  After each stage a checksum
//! of the variables is printed.
//!
//! The same statements can be emitted as Brainfuck ([`Statement::emit`]) and
//! executed on an array of bytes ([`Statement::run`]).

use crate::Example;
use crate::bf::{Bf, Cell, Wide};
use crate::num::print_byte;

const STAGES: usize = 16;
const BLOCKS: usize = 64;
const STATEMENTS: u32 = 6;
const VARIABLES: usize = 24;
/// How many jumps backwards a stage may make.
const FUEL: u8 = 60;

/// A linear congruential generator, good enough for test programs.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u32) -> u32 {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        ((self.0 >> 33) % u64::from(n)) as u32
    }

    fn variable(&mut self) -> usize {
        self.below(VARIABLES as u32) as usize
    }

    fn two_variables(&mut self) -> [usize; 2] {
        let first = self.variable();
        let step = 1 + self.below(VARIABLES as u32 - 1) as usize;
        [first, (first + step) % VARIABLES]
    }
}

/// A statement about variables, which are given by their numbers.
enum Statement {
    Add(usize, i32),
    /// `to += factor * from`
    AddProduct {
        to: usize,
        from: usize,
        factor: i32,
    },
    /// `to += from; from = 0`
    Move {
        to: usize,
        from: usize,
    },
    Swap(usize, usize),
    /// `quotient += from / k; from %= k`
    Divide {
        from: usize,
        k: u8,
        quotient: usize,
    },
    Repeat(u8, Vec<Statement>),
    If {
        test: usize,
        then: Vec<Statement>,
        otherwise: Vec<Statement>,
    },
}

/// What happens after a block.
enum Jump {
    Forward,
    /// To the given block if the variable is not zero.
    Skip(usize, usize),
    /// Back to the given block as long as there is fuel.
    Back(usize),
}

impl Statement {
    /// A random statement that has room for `depth` levels inside.
    fn random(random: &mut Random, depth: u32) -> Statement {
        let body = |random: &mut Random| {
            let len = 1 + random.below(3);
            (0..len).map(|_| Statement::random(random, depth - 1)).collect()
        };
        match random.below(if depth > 0 { 10 } else { 7 }) {
            0 | 1 => Statement::Add(random.variable(), random.below(41) as i32 - 20),
            2 | 3 => {
                let [to, from] = random.two_variables();
                let factor = [1, -1, 2, 3, -5, 7][random.below(6) as usize];
                Statement::AddProduct { to, from, factor }
            }
            4 => {
                let [to, from] = random.two_variables();
                Statement::Move { to, from }
            }
            5 => {
                let [a, b] = random.two_variables();
                Statement::Swap(a, b)
            }
            6 => {
                let [from, quotient] = random.two_variables();
                let k = 2 + random.below(12) as u8;
                Statement::Divide { from, k, quotient }
            }
            7 => Statement::Repeat(2 + random.below(3) as u8, body(random)),
            _ => Statement::If { test: random.variable(), then: body(random), otherwise: body(random) },
        }
    }

    fn emit(&self, b: &mut Bf, variables: &[Cell]) {
        let all = |b: &mut Bf, body: &[Statement]| {
            body.iter().for_each(|inner| inner.emit(b, variables));
        };
        match *self {
            Statement::Add(to, n) => b.add(variables[to], n),
            Statement::AddProduct { to, from, factor } => b.temps(|b, [t]| {
                b.pour(variables[from], &[(variables[to], factor), (t, 1)]);
                b.pour(t, &[(variables[from], 1)]);
            }),
            Statement::Move { to, from } => b.pour(variables[from], &[(variables[to], 1)]),
            Statement::Swap(x, y) => b.temps(|b, [t]| {
                b.pour(variables[x], &[(t, 1)]);
                b.pour(variables[y], &[(variables[x], 1)]);
                b.pour(t, &[(variables[y], 1)]);
            }),
            Statement::Divide { from, k, quotient } => b.temps(|b, [t]| {
                b.pour(variables[from], &[(t, 1)]);
                b.divide(t, i32::from(k), Some(variables[quotient]), variables[from]);
            }),
            Statement::Repeat(n, ref body) => b.temps(|b, [count]| {
                b.add(count, i32::from(n));
                b.drain(count, |b| all(b, body));
            }),
            Statement::If { test, ref then, ref otherwise } => b.wides(|b, [t]| {
                b.copy(variables[test], t);
                b.branch(
                    t,
                    |b| {
                        b.clear(t);
                        all(b, then);
                    },
                    |b| all(b, otherwise),
                );
            }),
        }
    }

    fn run(&self, memory: &mut [u8; VARIABLES]) {
        match *self {
            Statement::Add(to, n) => memory[to] = memory[to].wrapping_add(n as u8),
            Statement::AddProduct { to, from, factor } => {
                memory[to] = memory[to].wrapping_add(memory[from].wrapping_mul(factor as u8));
            }
            Statement::Move { to, from } => {
                memory[to] = memory[to].wrapping_add(memory[from]);
                memory[from] = 0;
            }
            Statement::Swap(x, y) => memory.swap(x, y),
            Statement::Divide { from, k, quotient } => {
                memory[quotient] = memory[quotient].wrapping_add(memory[from] / k);
                memory[from] %= k;
            }
            Statement::Repeat(n, ref body) => {
                for _ in 0..n {
                    body.iter().for_each(|inner| inner.run(memory));
                }
            }
            Statement::If { test, ref then, ref otherwise } => {
                let body = if memory[test] != 0 { then } else { otherwise };
                body.iter().for_each(|inner| inner.run(memory));
            }
        }
    }
}

/// Some statements and where to go from there.
struct Block {
    statements: Vec<Statement>,
    jump: Jump,
}

impl Block {
    /// A random block with the number `index` in its stage.
    fn random(random: &mut Random, index: usize) -> Block {
        let count = 2 + random.below(STATEMENTS);
        let statements = (0..count).map(|_| Statement::random(random, 2)).collect();
        let distance = 2 + random.below(8) as usize;
        let jump = match random.below(4) {
            0 if distance <= index => Jump::Back(index - distance),
            1 if index + distance <= BLOCKS => Jump::Skip(random.variable(), index + distance),
            _ => Jump::Forward,
        };
        Block { statements, jump }
    }
}

/// A stage is left by a jump to the number after its last block.
fn run_stage(blocks: &[Block], memory: &mut [u8; VARIABLES]) {
    let mut fuel = FUEL;
    let mut counter = 0;
    while let Some(block) = blocks.get(counter) {
        block.statements.iter().for_each(|statement| statement.run(memory));
        counter = match block.jump {
            Jump::Skip(test, to) if memory[test] != 0 => to,
            Jump::Back(to) if fuel > 0 => {
                fuel -= 1;
                to
            }
            _ => counter + 1,
        };
    }
}

fn emit_stage(b: &mut Bf, blocks: &[Block], variables: &[Cell], fuel: Wide) {
    // The next block, counting from the end, so that 0 means to leave.
    let from_end = |index: usize| (blocks.len() - index) as i32;
    b.temps(|b, [next]| {
        b.set(fuel, i32::from(FUEL));
        b.add(next, from_end(0));
        b.while_(next, |b| {
            b.wides(|b, [selector]| {
                b.pour(next, &[(selector.into(), 1)]);
                b.add(selector, -1);
                b.switch(selector, blocks.len(), |b, i| {
                    let index = blocks.len() - 1 - i;
                    let block = &blocks[index];
                    for statement in &block.statements {
                        statement.emit(b, variables);
                    }
                    let ahead = from_end(index + 1);
                    b.add(next, ahead);
                    match block.jump {
                        Jump::Forward => {}
                        Jump::Skip(test, to) => b.wides(|b, [t]| {
                            b.copy(variables[test], t);
                            b.if_nonzero(t, |b| {
                                b.clear(t);
                                b.add(next, from_end(to) - ahead);
                            });
                        }),
                        Jump::Back(to) => b.if_nonzero(fuel, |b| {
                            b.add(fuel, -1);
                            b.add(next, from_end(to) - ahead);
                        }),
                    }
                });
            });
        });
        b.clear(fuel);
    });
}

fn weight(variable: usize) -> i32 {
    2 * variable as i32 + 1
}

pub fn example() -> Example {
    let mut random = Random(20_010_917);
    let mut b = Bf::new();
    let sum = b.cell();
    let fuel = b.wide();
    let variables: Vec<Cell> = (0..VARIABLES).map(|_| b.cell()).collect();
    let mut memory = [0; VARIABLES];
    let mut text = String::new();

    for stage in 1..=STAGES {
        let blocks: Vec<Block> = (0..BLOCKS).map(|i| Block::random(&mut random, i)).collect();
        let label = format!("stage {stage}: ");

        emit_stage(&mut b, &blocks, &variables, fuel);
        b.print(&label);
        for (i, &variable) in variables.iter().enumerate() {
            b.temps(|b, [t]| {
                b.pour(variable, &[(sum, weight(i)), (t, 1)]);
                b.pour(t, &[(variable, 1)]);
            });
        }
        print_byte(&mut b, sum);
        b.clear(sum);
        b.print("\n");

        run_stage(&blocks, &mut memory);
        let sum = memory
            .iter()
            .enumerate()
            .fold(0u8, |sum, (i, &value)| sum.wrapping_add(value.wrapping_mul(weight(i) as u8)));
        text += &format!("{label}{sum}\n");
    }
    Example {
        name: "big",
        code: Some(b.finish("Random machines as a test of size   generated code")),
        input: None,
        output: text.into_bytes(),
    }
}
