//! What a run reads, and what it prints.

use crate::reference::{Halt, Io, Machine};

/// The output of a run: its length and a hash, for it may be long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Printed {
    bytes: u64,
    hash: u64,
}

impl Printed {
    /// FNV-1a: a byte more.
    fn push(&mut self, byte: u8) {
        self.bytes += 1;
        self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
}

/// The input that is left, what was written last, and what was written at all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words<'i> {
    pub input: &'i [u8],
    pub written: Option<u8>,
    pub printed: Printed,
}

impl Words<'_> {
    pub fn new(input: &[u8]) -> Words<'_> {
        // The start that FNV has.
        let printed = Printed { bytes: 0, hash: 0xcbf2_9ce4_8422_2325 };
        Words { input, written: None, printed }
    }
}

impl Io for Words<'_> {
    fn read(&mut self) -> Result<Option<u8>, Halt> {
        Ok(self.input.split_off_first().copied())
    }

    fn write(&mut self, byte: u8) -> Result<(), Halt> {
        self.written = Some(byte);
        self.printed.push(byte);
        Ok(())
    }

    fn dump(&mut self, _: &Machine<'_>, _: usize) -> Result<(), Halt> {
        Ok(())
    }
}
