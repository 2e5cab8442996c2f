//! Whether a loop may count, as far as a look at its body tells.

use crate::ir::{Kind, Op};

/// The longest loop that is looked at, in operations.
const MAX_BODY: usize = 64;

/// Whether it is worth the time to look at a loop with this body.
pub(super) fn may_count(body: &[Op], mask: u64) -> bool {
    let (mut has_step, mut has_test) = (false, false);
    // How far the pointer moves in any case, what else it may move by, and how many brackets are open.
    let (mut drift, mut unsure, mut depth) = (0, 0, 0);
    body.len() <= MAX_BODY
        && body.iter().all(|op| match op.kind {
            Kind::Add { delta, .. } => {
                has_step |= delta == mask;
                true
            }
            Kind::Move { delta } if depth == 0 => {
                drift += i64::from(delta);
                true
            }
            Kind::Move { delta } => {
                unsure = gcd(unsure, delta.unsigned_abs());
                true
            }
            Kind::Scan { stride, .. } | Kind::Walk { stride, .. } => {
                unsure = gcd(unsure, stride.unsigned_abs());
                has_test = true;
                true
            }
            Kind::Loop { .. } | Kind::If { .. } => {
                depth += 1;
                has_test = true;
                true
            }
            Kind::LoopEnd { .. } | Kind::IfEnd { .. } => {
                depth -= 1;
                true
            }
            Kind::Copy { target, source, factor } => {
                has_test |= target == source && factor == mask;
                true
            }
            Kind::MinAdd { most: 1, .. } => {
                has_test = true;
                true
            }
            Kind::Set { .. } | Kind::MulAdd { .. } | Kind::Product { .. } => true,
            Kind::MinAdd { .. }
            | Kind::Count(_)
            | Kind::Divide { .. }
            | Kind::Ripple { .. }
            | Kind::Hold { .. }
            | Kind::AddHeld { .. }
            | Kind::Release { .. }
            | Kind::Input { .. }
            | Kind::Output { .. }
            | Kind::Text { .. }
            | Kind::Dump { .. } => false,
        })
        && has_step
        && has_test
        // On some way the pointer has to come back.
        && (drift == 0 || unsure != 0 && drift % i64::from(unsure) == 0)
}

/// The greatest common divisor, that with 0 being the other number.
fn gcd(left: u32, right: u32) -> u32 {
    if right == 0 { left } else { gcd(right, left % right) }
}

#[cfg(test)]
mod tests {
    use super::may_count;
    use crate::ir::text;

    #[test]
    fn loops_that_cannot_come_back_are_not_looked_at() {
        for (body, may) in [
            ("add [0] 255/if [1]/set [1] 0/end", true),
            ("add [0] 255/scan [1] 3/scan [4] -6/move 2", false),
            ("add [0] 255/scan [1] 3/scan [4] -6/move -3", true),
            ("add [0] 255/loop [1]/move 2/end/move 2", true),
            ("add [0] 255/if [1]/set [1] 0/end/move 2", false),
        ] {
            let program = text::parse(&format!("cells 8\n{}", body.replace('/', "\n"))).unwrap();
            assert_eq!(may_count(&program.ops, 0xff), may, "{body}");
        }
    }
}
