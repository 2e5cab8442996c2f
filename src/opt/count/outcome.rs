//! What a loop that counts does besides, and leaves behind: told by how often the phase was reloaded.
//!
//! ```text
//! loop [1]                if [1]
//!   if [0]                  set [2] 0
//!     copy [3] [0] 1        count [1] [0] down to 0 from 1 carry [2] zero [3]
//!   end                     if [2]
//!   set [2] 1         →       set [2] 1
//!   if [3]                  end
//!     set [3] 0             loop [1]
//!     set [2] 0               ...
//!     add [0] 255           end
//!   end                   end
//!   add [1] 255
//! end
//! ```
//! Such loops compare: cell 2 says whether cell 0 was less than cell 1. It is assigned in each iteration before it is read, so it can
//! count the reloads first.

use super::super::paths::Path;
use super::body::assigns_first;
use crate::ir::count::Count;
use crate::ir::{Kind, Op};

/// What happens to cells on the plain way, and on the other one, where the phase is reloaded.
#[derive(Default)]
pub(super) struct Outcome {
    /// Their values behind the two ways.
    verdicts: Vec<(i32, u64, u64)>,
    /// What is added to them on the other way.
    gains: Vec<(i32, u64)>,
    /// What they become on the other way.
    values: Vec<(i32, u64)>,
}

impl Outcome {
    /// Takes note of a cell, if what happens to it is of this kind.
    pub fn note(&mut self, cell: i32, plain: &Path, turning: &Path) -> bool {
        let constant = |path: &Path| path.cells.get(&cell).and_then(|value| value.as_constant());
        match (constant(plain), plain.gain(cell), constant(turning), turning.gain(cell)) {
            (Some(plainly), _, Some(turned), _) => self.verdicts.push((cell, plainly, turned)),
            (_, Some(0), Some(turned), _) => self.values.push((cell, turned)),
            (_, Some(0), _, Some(gain)) => self.gains.push((cell, gain)),
            _ => return false,
        }
        true
    }

    pub fn note_gain(&mut self, cell: i32, gain: u64) {
        self.gains.push((cell, gain));
    }

    pub fn is_empty(&self) -> bool {
        self.verdicts.is_empty() && self.gains.is_empty() && self.values.is_empty()
    }

    /// The cell that can count the reloads: one of these, or of those that become 0 on both ways, which is not one of them any more.
    pub fn flag(&mut self, settled: &mut Vec<i32>, body: &[Op]) -> Option<i32> {
        if self.verdicts.is_empty() {
            let place = settled.iter().position(|&cell| assigns_first(body, cell))?;
            self.verdicts.push((settled.remove(place), 0, 0));
        }
        Some(self.verdicts[0].0)
    }

    /// Whether it can be told by `count`, whose carry is the flag, and without any access that the loop does not make.
    pub fn is_told(&self, period: u16, turning: &Path, body: &[Op]) -> bool {
        let turned = self.gains.iter().chain(&self.values);
        // With a period of 1 the phase is at its turn once and for all, and so in the last iteration.
        self.verdicts
            .iter()
            .all(|&(cell, plainly, turned)| assigns_first(body, cell) && (plainly == turned || period == 1))
            && turned.into_iter().all(|&(cell, _)| turning.surely_accesses(cell, &[]))
    }

    /// What is done in front of the loop, in a condition around both.
    pub fn around(&self, count: Count, mask: u64) -> Vec<Kind> {
        let set = |&(cell, value): &(i32, u64)| Kind::Set { cell, value };
        let (flag, plainly, turned) = self.verdicts[0];
        let others = &self.verdicts[1..];
        let mut kinds = vec![Kind::If { cell: count.counter, end: 0 }, Kind::Set { cell: flag, value: 0 }];
        kinds.extend(others.iter().map(|&(cell, value, _)| Kind::Set { cell, value }));
        kinds.push(Kind::Count(count));
        kinds.push(Kind::If { cell: flag, end: 0 });
        kinds.extend(self.gains.iter().map(|&(target, factor)| Kind::MulAdd { target, source: flag, factor }));
        kinds.extend(self.values.iter().map(set));
        let changed = others.iter().filter(|(_, plainly, turned)| plainly != turned);
        kinds.extend(changed.map(|&(cell, _, value)| Kind::Set { cell, value }));
        kinds.push(Kind::Set { cell: flag, value: turned.wrapping_sub(plainly) & mask });
        kinds.push(Kind::IfEnd { start: 0 });
        if plainly != 0 {
            kinds.push(Kind::Add { cell: flag, delta: plainly });
        }
        kinds
    }
}
