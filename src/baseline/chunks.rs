//! Code of large programs: made when the program first comes to it.
//!
//! Of a program of megabytes a run may use a small part, and making code of all of it takes seconds. So the operations are
//! divided into chunks of nearly the same size. Each becomes a [`Piece`] of code of its own, from which links lead to others: at
//! first they ask where to go on, and whoever is asked ([`Chunks::linker`]) makes the chunk if it is not there yet.
//!
//! A border may stand anywhere. Brackets that it parts from their partners go through links ([`super::cuts`]), so neither
//! long loops nor deep nesting matter, and nothing has to be known of a chunk before it is made. But a loop without links is
//! better than one with them, which is why a border is moved on to where few loops are open. How far is found out from the
//! operations around it alone: no part of the program is looked at before it is come to.
//!
//! Whoever comes through a chunk need not come into its loops and conditions. The bodies of large ones are left out, too, and
//! become pieces when they are entered.

use std::cell::{OnceCell, RefCell};
use std::ops::Range;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::cuts::Apart;
use super::notes::Notes;
use super::piece::{Links, Loaded, Piece};
use super::translate::{Unit, translate};
use super::{BaselineError, HostTable, Slotted, host_table};
use crate::dialect::{Dialect, Eof};
use crate::ir::loops::LoopRange;
use crate::ir::{Kind, Op, Program};
use crate::runtime::FaultPlace;
use crate::runtime::execute::{FaultMap, HostFunctions, Linker};
use crate::runtime::slots::SlotTable;
use crate::source::Source;

/// How many operations a chunk has, more or less: their code is made in half a millisecond. With half as many or twice as many,
/// LostKng, which comes to half of its operations, takes as long; with a quarter, the number of pieces is felt.
pub const CHUNK_OPS: u32 = 8192;

/// The share of a chunk that a loop or condition has to be so that its body is left out of the chunk, and made when it is first
/// entered.
const APART_SHARE: u32 = 32;

/// The memory that the translation of an operation takes at the most, its code included, in bytes.
const SCRATCH_BYTES: usize = 256;

/// Code of a program, as far as that is made.
#[derive(Debug)]
pub struct Chunks {
    program: Arc<Program>,
    source: Arc<Source>,
    eof: Eof,
    /// The code has the addresses of these, of the program's text and of the slots.
    host: Box<HostTable>,
    links: Links,
    loops: Arc<[LoopRange]>,
    slots: usize,
    chunk_ops: u32,
    /// The first operations of the chunks, as far as anybody wanted to know.
    borders: Box<[OnceCell<u32>]>,
    made: RefCell<Vec<Piece>>,
    /// The addresses of all code that links lead to, by operation.
    entries: RefCell<FxHashMap<u32, usize>>,
    figures: RefCell<Figures>,
}

/// How much code was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub ops: usize,
    pub bytes: usize,
}

impl Chunks {
    /// Chunks of about `chunk_ops` operations, none of which is made. `program` was made of `source`; the loops have slots at the
    /// address `slots`, in the same order.
    #[must_use]
    pub fn new(
        program: Arc<Program>,
        source: Arc<Source>,
        dialect: &Dialect,
        host: &HostFunctions,
        loops: Arc<[LoopRange]>,
        slots: usize,
        chunk_ops: u32,
    ) -> Chunks {
        let count = program.ops.len().div_ceil(chunk_ops as usize).max(1);
        Chunks {
            program,
            source,
            eof: dialect.eof,
            host: host_table(host),
            links: Links::default(),
            loops,
            slots,
            chunk_ops,
            borders: vec![OnceCell::new(); count].into(),
            made: RefCell::default(),
            entries: RefCell::default(),
            figures: RefCell::default(),
        }
    }

    /// The address of `ptr (ptr state, ptr cell)`, which needs the [`linker`](Chunks::linker) while it runs. `table` is told of
    /// the loops whose code is there.
    ///
    /// # Errors
    /// There is no memory for the code.
    pub fn entry(&self, table: &dyn SlotTable) -> Result<usize, BaselineError> {
        self.address_of(0, table)?;
        Ok(self.made.borrow()[0].address())
    }

    /// How much code was made so far.
    #[must_use]
    pub fn figures(&self) -> Figures {
        *self.figures.borrow()
    }

    /// What makes the rest, and tells `table` of the loops in it.
    #[must_use]
    pub fn linker<'a>(&'a self, table: &'a dyn SlotTable) -> impl Linker {
        Making { chunks: self, table }
    }

    /// The first operation of a chunk.
    fn border(&self, chunk: u32) -> u32 {
        let find = || {
            let start = chunk as usize * self.chunk_ops as usize;
            let end = self.program.ops.len().min(start + self.chunk_ops as usize);
            (start + shallowest(&self.program.ops[start..end])) as u32
        };
        if chunk == 0 { 0 } else { *self.borders[chunk as usize].get_or_init(find) }
    }

    /// The chunk that has `op`; the last one also has what is behind the last operation.
    fn chunk_of(&self, op: u32) -> Range<u32> {
        let (all, last) = (self.program.ops.len() as u32, self.borders.len() as u32 - 1);
        let number = (op / self.chunk_ops).min(last);
        let number = if op < self.border(number) { number - 1 } else { number };
        self.border(number)..if number == last { all } else { self.border(number + 1) }
    }

    /// The operations with which `op` becomes code: those of its chunk, or the body of a loop or condition in it that are left
    /// out there, and its end.
    fn range_of(&self, op: u32) -> Range<u32> {
        let mut range = self.chunk_of(op);
        let mut index = range.start;
        while index < op {
            index = match self.program.ops[index as usize].kind {
                Kind::Loop { end, .. } | Kind::If { end, .. } if end < op => end + 1,
                Kind::Loop { end, .. } | Kind::If { end, .. } => {
                    if self.apart().leaves_out(&range, index, end) {
                        range = index + 1..end + 1;
                    }
                    index + 1
                }
                Kind::LoopEnd { .. } | Kind::IfEnd { .. } => index + 1,
                Kind::Add { .. }
                | Kind::Set { .. }
                | Kind::MulAdd { .. }
                | Kind::Copy { .. }
                | Kind::Product { .. }
                | Kind::MinAdd { .. }
                | Kind::Move { .. }
                | Kind::Scan { .. }
                | Kind::Walk { .. }
                | Kind::Count(_)
                | Kind::Divide { .. }
                | Kind::Ripple { .. }
                | Kind::Hold { .. }
                | Kind::AddHeld { .. }
                | Kind::Release { .. }
                | Kind::Input { .. }
                | Kind::Output { .. }
                | Kind::Text { .. }
                | Kind::Dump { .. } => index + 1,
            };
        }
        range
    }

    fn apart(&self) -> Apart {
        Apart { min_ops: self.chunk_ops / APART_SHARE }
    }

    /// The address of the code of `op`, which is made if it is not there.
    fn address_of(&self, op: u32, table: &dyn SlotTable) -> Result<usize, BaselineError> {
        let find = || self.entries.borrow().get(&op).copied();
        if let Some(address) = find() {
            return Ok(address);
        }
        let piece = self.make(self.range_of(op), table)?;
        self.entries.borrow_mut().extend(piece.entries());
        self.made.borrow_mut().push(piece);
        Ok(find().expect("pieces are left, and begin, at entries"))
    }

    fn make(&self, range: Range<u32>, table: &dyn SlotTable) -> Result<Piece, BaselineError> {
        let first_link = self.links.len();
        have_scratch(range.len() * SCRATCH_BYTES)?;
        let unit = Unit {
            program: &self.program,
            range,
            apart: Some(self.apart()),
            source: &self.source,
            eof: self.eof,
            host: &self.host,
            text: &self.program.text,
            slotted: Slotted { loops: &self.loops, slots: self.slots, is_open: table.is_open() },
            links: &self.links,
            counters: &[],
        };
        let translated = translate(&unit, Notes::default()).map_err(BaselineError::TooLong)?;
        let Loaded { piece, targets, .. } = Piece::load(translated)?;
        if let Some(asking) = piece.asking() {
            self.links.lead(first_link..self.links.len(), asking);
        }
        table.place(&targets);
        let mut figures = self.figures.borrow_mut();
        *figures = Figures { ops: figures.ops + piece.ops, bytes: figures.bytes + piece.bytes() };
        Ok(piece)
    }
}

/// Where in `ops` the fewest loops and conditions are open: the first such place.
fn shallowest(ops: &[Op]) -> usize {
    let (mut depth, mut best) = (0i32, (0i32, 0));
    for (index, op) in ops.iter().enumerate() {
        if depth < best.0 {
            best = (depth, index);
        }
        match op.kind {
            Kind::Loop { .. } | Kind::If { .. } => depth += 1,
            Kind::LoopEnd { .. } | Kind::IfEnd { .. } => depth -= 1,
            Kind::Add { .. }
            | Kind::Set { .. }
            | Kind::MulAdd { .. }
            | Kind::Copy { .. }
            | Kind::Product { .. }
            | Kind::MinAdd { .. }
            | Kind::Move { .. }
            | Kind::Scan { .. }
            | Kind::Walk { .. }
            | Kind::Count(_)
            | Kind::Divide { .. }
            | Kind::Ripple { .. }
            | Kind::Hold { .. }
            | Kind::AddHeld { .. }
            | Kind::Release { .. }
            | Kind::Input { .. }
            | Kind::Output { .. }
            | Kind::Text { .. }
            | Kind::Dump { .. } => {}
        }
    }
    best.1
}

/// Finds out whether there is memory for the work: what is refused later would end the process.
fn have_scratch(bytes: usize) -> Result<(), BaselineError> {
    let mut scratch: Vec<u8> = Vec::new();
    let has_memory = std::hint::black_box(&mut scratch).try_reserve_exact(bytes);
    has_memory.map_err(|_| BaselineError::Memory(std::io::ErrorKind::OutOfMemory.into()))
}

struct Making<'a> {
    chunks: &'a Chunks,
    table: &'a dyn SlotTable,
}

impl Linker for Making<'_> {
    fn follow(&self, link: u32) -> Result<usize, String> {
        let chunks = self.chunks;
        let op = chunks.links.op(link);
        let address = chunks.address_of(op, self.table).map_err(|error| error.to_string())?;
        chunks.links.lead(link as usize..link as usize + 1, address);
        Ok(address)
    }
}

/// Names the loop for an instruction of any chunk.
impl FaultMap for Chunks {
    fn place(&self, instruction: usize) -> FaultPlace {
        let made = self.made.borrow();
        let mut places = made.iter().map(|piece| piece.place(instruction, &self.program, &self.source));
        places.find(|place| *place != FaultPlace::Unknown).unwrap_or(FaultPlace::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::CellWidth;
    use crate::ir::text;
    use crate::runtime::execute::host_functions;
    use crate::runtime::slots::Targets;

    struct NoSlots;

    impl SlotTable for NoSlots {
        fn place(&self, _: &[(u32, Targets)]) {}

        fn is_open(&self) -> bool {
            false
        }
    }

    fn chunks(code: &str, chunk_ops: u32) -> Chunks {
        let program = text::parse(&format!("cells 8\n{}", code.replace('/', "\n"))).unwrap();
        let dialect = Dialect::new(CellWidth::W8, Eof::Same, 1);
        let (program, source) = (Arc::new(program), Arc::new(Source::default()));
        Chunks::new(program, source, &dialect, &host_functions(), Arc::new([]), 0, chunk_ops)
    }

    #[test]
    fn borders_stand_where_few_loops_are_open() {
        let code =
            "add [0] 1/loop [0]/add [0] 1/loop [1]/add [1] 1/end/end/add [0] 1/add [1] 1/loop [1]/loop [2]/add [2] 1";
        let code = format!("{code}/end/end");
        let ranges = |chunk_ops: u32| {
            let chunks = chunks(&code, chunk_ops);
            let next = |range: &Range<u32>| (range.end < 14).then(|| chunks.chunk_of(range.end));
            std::iter::successors(Some(chunks.chunk_of(0)), next).collect::<Vec<_>>()
        };
        assert_eq!(ranges(4), [0..7, 7..8, 8..13, 13..14]);
        // Whatever the size, each operation is in one chunk, and found there.
        for chunk_ops in 1..20 {
            let chunks = chunks(&code, chunk_ops);
            let mut next = 0;
            for range in ranges(chunk_ops) {
                assert_eq!(range.start, next);
                assert!(range.clone().all(|op| chunks.chunk_of(op) == range), "{chunk_ops}: {range:?}");
                next = range.end;
            }
            assert_eq!(next, 14);
        }
    }

    #[test]
    fn code_is_made_once_and_when_it_is_asked_for() {
        let chunks = chunks("input [0]/loop [0]/input [1]/input [2]/output [1]/end/output [0]", 2);
        let linker = chunks.linker(&NoSlots);
        let figures = || chunks.figures().ops;
        assert_eq!(figures(), 0);
        chunks.entry(&NoSlots).unwrap();
        // The loop's head is left for its body, and for what is behind its end.
        assert_eq!(figures(), 2);
        assert_eq!((0..chunks.links.len() as u32).map(|link| chunks.links.op(link)).collect::<Vec<_>>(), [2, 6]);
        let address = linker.follow(0).unwrap();
        assert_eq!(figures(), 4);
        assert_eq!(linker.follow(0), Ok(address));
        assert_eq!(figures(), 4);
        assert_ne!(linker.follow(1), Ok(address));
        assert_eq!(figures(), 5);
    }
}
