//! Where the program's pointer is, for those who look at a run.

use super::{Kind, Program};

impl Program {
    /// The cell at which the program's pointer stands when it comes to the first command of the operation at `index`, as an
    /// offset like those in operations. As far as that can be told: our passes move the pointer late, and name
    /// cells by their distance instead.
    #[must_use]
    pub fn current_cell(&self, index: u32) -> Option<i32> {
        match self.ops[index as usize].kind {
            Kind::Add { cell, .. }
            | Kind::Set { cell, .. }
            | Kind::Scan { cell, .. }
            | Kind::Walk { cell, .. }
            | Kind::Input { cell }
            | Kind::Output { cell }
            | Kind::Dump { cell }
            | Kind::Loop { cell, .. }
            | Kind::If { cell, .. } => Some(cell),
            // What was added to in a loop.
            Kind::MulAdd { target, .. }
            | Kind::Copy { target, .. }
            | Kind::Product { target, .. }
            | Kind::MinAdd { target, .. } => Some(target),
            Kind::Count(count) => Some(count.counter),
            Kind::Ripple { digit, .. } => Some(digit),
            Kind::Divide { cell, .. } | Kind::Hold { cell, .. } | Kind::AddHeld { cell, .. } => Some(cell),
            Kind::LoopEnd { start } | Kind::IfEnd { start } => self.current_cell(start),
            Kind::Release { .. } | Kind::Move { .. } | Kind::Text { .. } => None,
        }
    }
}
