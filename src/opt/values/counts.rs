//! Counts whose cells are known.

use super::super::facts::Fact;
use super::Values;
use crate::ir::count::{Count, Reload};
use crate::ir::{Kind, Op};

impl Values {
    /// A count does not have to look at zeros that are known, and does nothing if they are known not to be 0.
    pub(super) fn count(&mut self, op: Op, mut count: Count) {
        let is_over = self.sure_value(count.counter).is_some_and(|value| count.iterations(value, self.mask) == 0);
        if is_over || count.zero_cells().any(|zero| self.sure_value(zero).is_some_and(|value| value != 0)) {
            return;
        }
        let mut unknown =
            count.zeros.into_iter().flatten().filter(|zero| self.sure_value(count.cell(zero.get())).is_none());
        count.zeros = std::array::from_fn(|_| unknown.next());
        if let Reload::Complement { cell, .. } = count.reload
            && let Some(value) = self.sure_value(count.cell(cell))
        {
            count = count.with_complement(value, self.sure_value(count.cell(count.phase)), self.mask);
        }
        self.text = None;
        count.changed_cells().for_each(|cell| self.learn(cell, Fact::Unknown));
        if count.is_complete() {
            self.learn(count.counter, Fact::Known(0));
        }
        self.put(Kind::Count(count), op.span);
    }
}

#[cfg(test)]
mod tests {
    use crate::opt::testing::check8;

    #[test]
    fn counts_lose_what_is_known_not_to_matter() {
        // Whatever cell 1 is, the period is its value: 0 stands for 256, and is not reached.
        check8(
            "values",
            "input [0]/input [1]/set [2] 1/set [4] 0/count [0] [1] down to 1 against [2] -1 not 0 carry [3] zero [4]/\
             loop [0]/add [0] 255/end/output [2]",
            "input [0]/input [1]/set [2] 1/count [0] [1] down to 1 against [2] -1 carry [3]/output [2]",
        );
        let stays = "input [0]/input [1]/set [2] 2/count [0] [1] down to 1 against [2] -1 not 0 carry [3]";
        check8("values", stays, stays);
        // The period is 10, and is 1.
        check8(
            "values",
            "input [0]/set [1] 10/count [0] [1] down to 1 against [2] 0 not 1 carry [3]/loop [0]/add [0] 255/end/output [2]",
            "input [0]/set [1] 10/count [0] [1] down to 1 against [2] 0 carry [3]/output [2]",
        );
        let stays = "input [0]/set [1] 1/count [0] [1] down to 1 against [2] 0 not 1 carry [3]";
        check8("values", stays, stays);
    }
}
