//! The conventions a program is run under: cell width, end of input, length of the tape.
//!
//! Knows nothing of engines or of the command line.

/// The size of a page, to which the tape's length is rounded up, in bytes.
pub const PAGE_BYTES: u64 = 4096;

/// How many cells every tape has at least, whatever their width.
pub const SHORTEST_TAPE_CELLS: u64 = PAGE_BYTES / 8;

/// The length of the tape where nothing else is asked for, in cells.
pub const DEFAULT_TAPE_CELLS: u64 = 1 << 24;

/// How many bits a cell has. Cells are unsigned and wrap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CellWidth {
    #[default]
    W8,
    W16,
    W32,
    W64,
}

impl CellWidth {
    pub const ALL: [CellWidth; 4] = [CellWidth::W8, CellWidth::W16, CellWidth::W32, CellWidth::W64];

    #[must_use]
    pub fn bits(self) -> u32 {
        match self {
            CellWidth::W8 => 8,
            CellWidth::W16 => 16,
            CellWidth::W32 => 32,
            CellWidth::W64 => 64,
        }
    }

    #[must_use]
    pub fn bytes(self) -> u64 {
        u64::from(self.bits() / 8)
    }

    /// The largest value of a cell. `value & mask()` wraps a value as a cell does.
    #[must_use]
    pub fn mask(self) -> u64 {
        u64::MAX >> (64 - self.bits())
    }
}

/// What `,` stores at the end of the input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Eof {
    /// The cell stays as it is.
    #[default]
    Same,
    Zero,
    /// All bits set: 255 in a cell of 8 bits.
    MinusOne,
}

/// The conventions that decide what a program means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    pub width: CellWidth,
    pub eof: Eof,
    tape_cells: u64,
}

impl Default for Dialect {
    fn default() -> Self {
        Dialect::new(CellWidth::default(), Eof::default(), DEFAULT_TAPE_CELLS)
    }
}

impl Dialect {
    /// A dialect with a tape of at least `tape_cells` cells.
    #[must_use]
    pub fn new(width: CellWidth, eof: Eof, tape_cells: u64) -> Dialect {
        let cells_in_page = PAGE_BYTES / width.bytes();
        let pages = tape_cells.div_ceil(cells_in_page).max(1);
        Dialect { width, eof, tape_cells: pages.saturating_mul(cells_in_page) }
    }

    /// The length of the tape in cells: what was asked for, rounded up to whole pages.
    #[must_use]
    pub fn tape_cells(&self) -> u64 {
        self.tape_cells
    }

    /// The length of the tape in bytes, or `None` where that is no 64-bit number.
    #[must_use]
    pub fn tape_bytes(&self) -> Option<u64> {
        self.tape_cells.checked_mul(self.width.bytes())
    }
}

/// What helps a program that accesses this cell, which is off the tape: nothing to the left of it.
#[must_use]
pub fn longer_tape(cell: i64) -> Option<String> {
    let cell = u64::try_from(cell).ok().filter(|&cell| cell > 0)?;
    let longer = "a longer tape can be had with --tape";
    if cell >= LONGEST_ADVISED_CELLS {
        return Some(longer.into());
    }
    let cells = (cell + 1).next_power_of_two();
    let units = [(1 << 30, "G"), (1 << 20, "M"), (1 << 10, "K"), (1, "")];
    let (size, unit) = units.into_iter().find(|(size, _)| cells % size == 0)?;
    Some(format!("{longer}: --tape={}{unit} has this cell", cells / size))
}

/// A program that accesses a cell as far as that runs away: no tape will do.
const LONGEST_ADVISED_CELLS: u64 = 1 << 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tape_is_rounded_up_to_whole_pages() {
        let cells = |width, asked| Dialect::new(width, Eof::Same, asked).tape_cells();
        assert_eq!(cells(CellWidth::W8, 30_000), 32_768);
        assert_eq!(cells(CellWidth::W32, 30_000), 30_720);
        assert_eq!(cells(CellWidth::W64, 1), 512);
        assert_eq!(cells(CellWidth::W8, 4096), 4096);
        assert_eq!(Dialect::default().tape_cells(), 1 << 24);
    }

    #[test]
    fn a_tape_that_has_the_cell_is_advised() {
        let advised = |cell| longer_tape(cell).map(|help| help.replace("a longer tape can be had with --tape", "…"));
        assert_eq!(advised(-1), None);
        assert_eq!(advised(0), None);
        assert_eq!(advised(512).unwrap(), "…: --tape=1K has this cell");
        assert_eq!(advised((1 << 24) - 1).unwrap(), "…: --tape=16M has this cell");
        assert_eq!(advised(1 << 24).unwrap(), "…: --tape=32M has this cell");
        assert_eq!(advised(i64::from(u32::MAX)).unwrap(), "…: --tape=4G has this cell");
        assert_eq!(advised(1 << 32).unwrap(), "…");
    }
}
