//! Two cells that count together, and what happens where one of them is through: division, comparison, minimum and
//! carry, as loops spell them.

use std::num::NonZeroI8;

/// Counts `counter` down and `phase` up or down with it, as many iterations at once as can be told:
///
/// ```text
/// while counter != 0 {
///     if phase == turn { reload phase; carry += 1 } else { others += 1 }
///     counter -= 1; phase -= 1; copy += 1
/// }
/// ```
/// That is what divides: with a divisor that `phase` is reloaded with, `carry` becomes the quotient. It does so
/// only if the `zeros` are 0, and nothing at all otherwise: what it stands in front of does it then. No cell is accessed
/// before those it depends on: nothing but `counter` if no iteration is left, then `phase` and the cell of
/// [`Reload::Complement`], which may tell that nothing is done, then the zeros one by one up to the first that is not 0; `carry`
/// and the cell of [`Reload::Cell`] only if `phase` is reloaded, and the mirror and the others only if they change.
///
/// Cells are named by their distance from `counter`, which is an offset from the pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    pub counter: i32,
    pub phase: i8,
    /// The value of `phase` at which it is reloaded, sign-extended to the width.
    pub turn: i8,
    pub direction: Direction,
    pub reload: Reload,
    /// Counts the reloads.
    pub carry: Option<NonZeroI8>,
    /// Counts the iterations.
    pub copy: Option<NonZeroI8>,
    /// The first are those in use.
    pub zeros: [Option<NonZeroI8>; Count::MAX_ZEROS],
}

/// Which way the phase counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Down,
    Up,
}

/// From where the phase starts again, as its distance from `turn`; 0 stands for 2^w.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reload {
    /// It does not: counting stops there, or when no more than this is left of the counter.
    Never { left_over: u8 },
    /// The mirror, if there is one, counts the other way: its sum with the phase stays what it is. The others count the iterations
    /// in which the phase is not reloaded. They and the carry count down, if it `borrows`.
    Constant { period: u16, mirror: Option<NonZeroI8>, others: Option<NonZeroI8>, borrows: bool },
    /// The value of a cell.
    Cell { cell: i8 },
    /// The phase and this cell together are always the period less `offset`: the cell counts against the phase. Where
    /// the period is `except` nothing is done; nor is it where the phase is at its turn, if the count `waits`.
    Complement { cell: i8, offset: i8, except: Option<u8>, waits: bool },
}

impl Reload {
    /// After so many iterations.
    #[must_use]
    pub fn after(period: u16) -> Reload {
        Reload::Constant { period, mirror: None, others: None, borrows: false }
    }
}

/// What some iterations come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub iterations: u64,
    pub reloads: u64,
    /// How far the phase is from `turn` then.
    pub left: u64,
}

impl Count {
    pub const MAX_ZEROS: usize = 5;

    /// The offset from the pointer of the cell at this distance from the counter.
    #[must_use]
    pub fn cell(&self, distance: i8) -> i32 {
        self.counter + i32::from(distance)
    }

    /// The offsets of the cells that have to be 0.
    pub fn zero_cells(&self) -> impl Iterator<Item = i32> + '_ {
        self.zeros.iter().flatten().map(|zero| self.cell(zero.get()))
    }

    /// The offsets of the cells that may change.
    pub fn changed_cells(&self) -> impl Iterator<Item = i32> + '_ {
        let counted = [self.carry, self.copy].into_iter().flatten().map(|cell| self.cell(cell.get()));
        [self.counter, self.cell(self.phase)].into_iter().chain(self.opposite()).chain(self.others()).chain(counted)
    }

    /// Whether the carry counts the reloads down, and the others the other iterations.
    #[must_use]
    pub fn borrows(&self) -> bool {
        matches!(self.reload, Reload::Constant { borrows: true, .. })
    }

    /// The offset of the cell whose sum with the phase stays the same.
    #[must_use]
    pub fn opposite(&self) -> Option<i32> {
        match self.reload {
            Reload::Complement { cell, .. } => Some(self.cell(cell)),
            Reload::Constant { mirror, .. } => mirror.map(|mirror| self.cell(mirror.get())),
            Reload::Never { .. } | Reload::Cell { .. } => None,
        }
    }

    /// The offset of the cell that counts the iterations in which the phase is not reloaded.
    #[must_use]
    pub fn others(&self) -> Option<i32> {
        match self.reload {
            Reload::Constant { others, .. } => others.map(|others| self.cell(others.get())),
            Reload::Never { .. } | Reload::Cell { .. } | Reload::Complement { .. } => None,
        }
    }

    /// The offsets of all cells that may be accessed.
    pub fn cells(&self) -> impl Iterator<Item = i32> + '_ {
        let reload = match self.reload {
            Reload::Cell { cell } => Some(self.cell(cell)),
            Reload::Never { .. } | Reload::Constant { .. } | Reload::Complement { .. } => None,
        };
        self.changed_cells().chain(reload).chain(self.zero_cells())
    }

    /// Whether nothing is done where the phase is at its turn.
    #[must_use]
    pub fn waits(&self) -> bool {
        matches!(self.reload, Reload::Never { .. } | Reload::Complement { waits: true, .. })
    }

    /// Whether the counter is 0 behind it in any case.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let is_always_done = match self.reload {
            Reload::Never { .. } => false,
            Reload::Constant { .. } | Reload::Cell { .. } => true,
            Reload::Complement { except, waits, .. } => except.is_none() && !waits,
        };
        is_always_done && self.zeros[0].is_none()
    }

    /// The same where the cell of [`Reload::Complement`] has this value, and the phase its own, if that is known: what is excepted
    /// makes no difference if it is another period, or if the phase is then too far from its turn to be reloaded.
    #[must_use]
    pub fn with_complement(self, value: u64, phase: Option<u64>, mask: u64) -> Count {
        match self.reload {
            Reload::Complement { cell, offset, except: Some(except), waits } => {
                let excepted = u64::from(except).wrapping_sub(value).wrapping_add_signed(-i64::from(offset)) & mask;
                let is_other = phase.is_some_and(|phase| phase != excepted);
                let is_far = self.left(excepted, mask) == mask;
                let except = Some(except).filter(|_| !is_other && !is_far);
                let waits = waits && phase.is_none_or(|phase| self.left(phase, mask) == 0);
                Count { reload: Reload::Complement { cell, offset, except, waits }, ..self }
            }
            Reload::Complement { except: None, .. }
            | Reload::Never { .. }
            | Reload::Constant { .. }
            | Reload::Cell { .. } => self,
        }
    }

    /// The iterations that are left with this value of the counter.
    #[must_use]
    pub fn iterations(&self, counter: u64, mask: u64) -> u64 {
        let left_over = match self.reload {
            Reload::Never { left_over } => left_over,
            Reload::Constant { .. } | Reload::Cell { .. } | Reload::Complement { .. } => 0,
        };
        counter.wrapping_sub(left_over.into()) & mask
    }

    /// How far this value of the phase is from the turn; and the other way round.
    #[must_use]
    pub fn left(&self, phase: u64, mask: u64) -> u64 {
        let turn = i64::from(self.turn) as u64;
        match self.direction {
            Direction::Down => phase.wrapping_sub(turn) & mask,
            Direction::Up => turn.wrapping_sub(phase) & mask,
        }
    }

    /// What `iterations` come to from a phase that is `left` from the turn; `period` is asked for where the phase is
    /// reloaded.
    ///
    /// # Errors
    /// That of `period`.
    pub fn progress<E>(
        &self,
        iterations: u64,
        left: u64,
        mask: u64,
        period: impl FnOnce() -> Result<u64, E>,
    ) -> Result<Progress, E> {
        if iterations <= left {
            return Ok(Progress { iterations, reloads: 0, left: left - iterations });
        }
        if let Reload::Never { .. } = self.reload {
            return Ok(Progress { iterations: left, reloads: 0, left: 0 });
        }
        let (period, behind) = (period()?, iterations - left);
        // A period of 2^w is not through in so few iterations.
        let reloads = if period == 0 { 1 } else { behind.div_ceil(period) };
        Ok(Progress { iterations, reloads, left: period.wrapping_mul(reloads).wrapping_sub(behind) & mask })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_iterations_at_once_are_one_after_the_other() {
        let mask = 15;
        let count = Count {
            counter: 0,
            phase: 1,
            turn: 0,
            direction: Direction::Down,
            reload: Reload::after(0),
            carry: None,
            copy: None,
            zeros: [None; Count::MAX_ZEROS],
        };
        for period in 0..16 {
            for start in 0..16 {
                let (mut left, mut reloads) = (start, 0);
                for iterations in 0..16 {
                    let expected = Progress { iterations, reloads, left };
                    assert_eq!(count.progress(iterations, start, mask, || Ok::<_, ()>(period)), Ok(expected));
                    if left == 0 {
                        (left, reloads) = (period, reloads + 1);
                    }
                    left = left.wrapping_sub(1) & mask;
                }
            }
        }
        let stops = Count { reload: Reload::Never { left_over: 1 }, ..count };
        let progress = |iterations| stops.progress(iterations, 5, mask, || Err("not asked for"));
        assert_eq!(progress(3), Ok(Progress { iterations: 3, reloads: 0, left: 2 }));
        assert_eq!(progress(9), Ok(Progress { iterations: 5, reloads: 0, left: 0 }));
    }
}
