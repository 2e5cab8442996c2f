//! Loops that pass their input on as output.
//!
//! ```text
//! loop [0]
//!   output [0]
//!   input [0]
//! end
//! ```
//! Such a loop may pass on whole blocks of input, as long as a block is at hand and none of its bytes is the one at
//! which the loop ends; the end of the input, and of the loop, are then left to the operations. That is right in
//! every convention about the end of the input, and at every width.

use super::{Kind, Program};

/// The byte at which the loop around the operation at `index` ends, if that operation is the output of a loop such as
/// `[.,]`, `[-.,+]` or `[.[-],]`, or the input of `[,.]`, and the loop does nothing else. Blocks may be passed on behind
/// the output, or before the input: `,` and `.` for each byte, after which the cell has the value of the last one.
#[must_use]
pub fn stop(program: &Program, index: usize) -> Option<u8> {
    let kind = |at: usize| program.ops.get(at).map(|op| op.kind);
    // Whether there is a loop on `cell` from `head` to `end`.
    let is_loop = |head: usize, end: usize, cell: i32| matches!(kind(head), Some(Kind::Loop { cell: tested, end: its_end }) if tested == cell && its_end as usize == end);
    let before = index.checked_sub(1)?;
    if let Kind::Input { cell } = kind(index)? {
        let prints = matches!(kind(index + 1)?, Kind::Output { cell: printed } if printed == cell);
        return (prints && is_loop(before, index + 2, cell)).then_some(0);
    }
    let Kind::Output { cell } = kind(index)? else { return None };
    let delta = |at: usize| match kind(at) {
        Some(Kind::Add { cell: changed, delta }) if changed == cell => Some(delta),
        _ => None,
    };
    let enter = delta(before);
    let head = before.checked_sub(usize::from(enter.is_some()))?;
    // What stands in the cell does not matter where input follows.
    let is_set = matches!(kind(index + 1)?, Kind::Set { cell: changed, .. } if changed == cell);
    let input = index + 1 + usize::from(is_set);
    let leave = delta(input + 1);
    let end = input + 1 + usize::from(leave.is_some());
    let reads = matches!(kind(input)?, Kind::Input { cell: target } if target == cell);
    let mask = program.width.mask();
    let (enter, leave) = (enter.unwrap_or(0), leave.unwrap_or(0));
    let adds_up = enter.wrapping_add(leave) & mask == 0;
    u8::try_from(enter & mask).ok().filter(|_| reads && adds_up && is_loop(head, end, cell))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::text;

    fn stops(width: u32, body: &str) -> Vec<(usize, u8)> {
        let program = text::parse(&format!("cells {width}\n{}", body.replace('/', "\n"))).unwrap();
        (0..program.ops.len()).filter_map(|index| Some((index, stop(&program, index)?))).collect()
    }

    #[test]
    fn loops_that_pass_input_on_are_seen() {
        assert_eq!(stops(8, "loop [2]/output [2]/input [2]/end"), [(1, 0)]);
        assert_eq!(stops(8, "loop [0]/add [0] 255/output [0]/input [0]/add [0] 1/end"), [(2, 255)]);
        assert_eq!(stops(16, "loop [0]/add [0] 10/output [0]/input [0]/add [0] 65526/end"), [(2, 10)]);
        assert_eq!(stops(8, "loop [0]/output [0]/set [0] 0/input [0]/end"), [(1, 0)]);
        assert_eq!(stops(8, "set [0] 1/loop [0]/input [0]/output [0]/end"), [(2, 0)]);
    }

    #[test]
    fn others_are_left_alone() {
        assert_eq!(stops(8, "loop [0]/output [0]/input [1]/end"), []);
        assert_eq!(stops(8, "loop [1]/output [0]/input [0]/end"), []);
        assert_eq!(stops(8, "if [0]/output [0]/input [0]/end"), []);
        assert_eq!(stops(8, "output [0]/input [0]"), []);
        assert_eq!(stops(8, "loop [0]/output [0]/input [0]/add [0] 1/end"), []);
        assert_eq!(stops(8, "loop [0]/add [0] 255/output [0]/input [0]/end"), []);
        assert_eq!(stops(8, "loop [0]/add [1] 255/output [0]/input [0]/add [0] 1/end"), []);
        assert_eq!(stops(8, "loop [0]/output [0]/set [1] 0/input [0]/end"), []);
        assert_eq!(stops(8, "loop [0]/input [0]/output [1]/end"), []);
        assert_eq!(stops(8, "loop [1]/input [0]/output [0]/end"), []);
        assert_eq!(stops(8, "loop [0]/input [0]/output [0]/add [0] 1/end"), []);
        assert_eq!(stops(8, "loop [0]/output [0]/input [0]/output [0]/end"), []);
        // No byte is as large as the value at which it stops.
        assert_eq!(stops(16, "loop [0]/add [0] 65535/output [0]/input [0]/add [0] 1/end"), []);
    }
}
