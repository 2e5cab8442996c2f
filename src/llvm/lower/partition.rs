//! Cuts a program into functions of bounded size, so that compile time stays linear.
//!
//! LLVM's passes take longer per instruction the larger a function is: 2 MB of BF as one function took
//! over a minute, cut into functions a few seconds, and the result ran as fast. A loop whose own
//! body is large enough becomes a function; so does a stretch of code that has grown too long, and where a
//! body consists of very many stretches, stretches of stretches. What runs at most once and is very long
//! becomes a [`table`].
//!
//! Knows the operations and nothing of LLVM.

use super::table;
use crate::ir::{Kind, Program};

/// Sizes, in operations, at which code becomes a function of its own.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// A loop with at least this many operations of its own.
    pub loop_ops: u32,
    /// Straight code and conditions longer than this.
    pub stretch_ops: u32,
    /// A loop around so many loops, one in the other, that do not become functions.
    pub loop_depth: u32,
    /// If the program has no more outermost loops than this, each becomes a function: messages about faults can
    /// name it.
    pub outermost_loops: u32,
    /// Code outside of all loops at least this long becomes a table.
    pub table_ops: u32,
}

/// What a region becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Code,
    Table,
}

/// A part of the program that becomes a function: the operations from `start` up to, not
/// including, `end`. It holds whole loops only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    pub start: u32,
    pub end: u32,
    /// The regions called from this one, in the order of the text: indices into the list of regions.
    pub children: Vec<u32>,
    /// The head of the innermost loop or condition that is all of the region or has it in its body.
    pub head: Option<u32>,
    pub form: Form,
}

/// Cuts `program`. Children come before their parents; the last region is the whole program.
#[must_use]
pub fn partition(program: &Program, limits: Limits) -> Vec<Region> {
    let mut cutter = Cutter { limits, regions: Vec::new() };
    let cuts_outermost = has_few_outermost_loops(program, limits.outermost_loops);
    let mut bodies = vec![Body { head: None, stretches: Vec::new() }];
    let mut tables = table::find(program, limits.table_ops).into_iter().peekable();
    let mut next = 0;
    while let Some(op) = program.ops.get(next as usize) {
        let index = next;
        next += 1;
        if let Some(table) = tables.next_if(|table| table.start == index) {
            next = table.end;
            let stretch = Stretch { start: table.start, end: table.end, ..Stretch::default() };
            let item = cutter.region(stretch, None, Form::Table);
            if let Some(body) = bodies.last_mut() {
                cutter.append(body, 0, item);
            }
            continue;
        }
        match op.kind {
            Kind::Loop { .. } | Kind::If { .. } => bodies.push(Body { head: Some(index), stretches: Vec::new() }),
            Kind::LoopEnd { start } | Kind::IfEnd { start } => {
                let Some(body) = bodies.pop() else { break };
                let limit = match op.kind {
                    Kind::LoopEnd { .. } => limits.loop_ops,
                    _ => limits.stretch_ops,
                };
                let is_loop = matches!(op.kind, Kind::LoopEnd { .. });
                let (ops, depth, children) = body.residue();
                let depth = depth + u32::from(is_loop);
                let mut item = Stretch { start, end: index + 1, ops: ops + 2, depth, children };
                let is_outermost = is_loop && bodies.len() == 1;
                if ops >= limit || depth > limits.loop_depth || (is_outermost && cuts_outermost) {
                    item = cutter.region(item, Some(start), Form::Code);
                }
                if let Some(outer) = bodies.last_mut() {
                    cutter.append(outer, 0, item);
                }
            }
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
            | Kind::Dump { .. } => {
                let item = Stretch { start: index, end: index + 1, ops: 1, ..Stretch::default() };
                if let Some(body) = bodies.last_mut() {
                    cutter.append(body, 0, item);
                }
            }
        }
    }
    let children = bodies.pop().map(|body| body.residue().2).unwrap_or_default();
    cutter.regions.push(Region { start: 0, end: program.ops.len() as u32, children, head: None, form: Form::Code });
    cutter.regions
}

/// Neighbouring operations, and the regions among them that are calls by now.
#[derive(Default)]
struct Stretch {
    start: u32,
    end: u32,
    /// The operations that are left when regions count as one each.
    ops: u32,
    /// How many loops stand in one another.
    depth: u32,
    children: Vec<u32>,
}

fn has_few_outermost_loops(program: &Program, limit: u32) -> bool {
    let (mut next, mut loops) = (0, 0);
    while let Some(op) = program.ops.get(next) {
        next += 1;
        if let Kind::Loop { end, .. } = op.kind {
            loops += 1;
            if loops > limit {
                return false;
            }
            next = end as usize + 1;
        }
    }
    true
}

/// A body that is still being read.
struct Body {
    /// The loop or condition it belongs to; none for the program itself.
    head: Option<u32>,
    /// The open stretch of operations, then the open stretch of such stretches before it, and so on.
    stretches: Vec<Stretch>,
}

impl Body {
    /// The operations, the depth of loops and the regions of what was not cut off.
    fn residue(self) -> (u32, u32, Vec<u32>) {
        let ops = self.stretches.iter().map(|stretch| stretch.ops).sum();
        let depth = self.stretches.iter().map(|stretch| stretch.depth).max().unwrap_or(0);
        (ops, depth, self.stretches.into_iter().rev().flat_map(|stretch| stretch.children).collect())
    }
}

struct Cutter {
    limits: Limits,
    regions: Vec<Region>,
}

impl Cutter {
    /// Makes `stretch` a region; what is left of it is a call.
    fn region(&mut self, stretch: Stretch, head: Option<u32>, form: Form) -> Stretch {
        let Stretch { start, end, children, .. } = stretch;
        self.regions.push(Region { start, end, children, head, form });
        Stretch { start, end, ops: 1, depth: 0, children: vec![self.regions.len() as u32 - 1] }
    }

    /// Appends `item` to the body's open stretch of the given order, which is cut off first if it
    /// would get too long.
    fn append(&mut self, body: &mut Body, order: usize, item: Stretch) {
        if body.stretches.len() == order {
            body.stretches.push(Stretch { start: item.start, ..Stretch::default() });
        }
        let open = &mut body.stretches[order];
        if open.ops > 0 && open.ops + item.ops > self.limits.stretch_ops {
            let full = std::mem::replace(open, Stretch { start: item.start, ..Stretch::default() });
            let call = self.region(full, body.head, Form::Code);
            self.append(body, order + 1, call);
        }
        let open = &mut body.stretches[order];
        open.end = item.end;
        open.ops += item.ops;
        open.depth = open.depth.max(item.depth);
        open.children.extend(item.children);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::text;

    const LIMITS: Limits = Limits { loop_ops: 3, stretch_ops: 4, loop_depth: 8, outermost_loops: 0, table_ops: 2000 };

    fn cut(body: &str) -> Vec<Region> {
        partition(&text::parse(&format!("cells 8\n{}", body.replace('/', "\n"))).unwrap(), LIMITS)
    }

    #[test]
    fn a_small_program_is_one_region() {
        let regions = cut("add [0] 1/loop [0]/add [0] 1/end");
        assert_eq!(regions, [Region { start: 0, end: 4, children: vec![], head: None, form: Form::Code }]);
    }

    #[test]
    fn large_loops_are_regions_of_their_own() {
        let regions = cut("loop [0]/output [0]/loop [1]/add [0] 1/add [1] 1/add [2] 1/end/input [0]/end");
        let spans: Vec<_> = regions.iter().map(|region| (region.start, region.end, region.head)).collect();
        assert_eq!(spans, [(2, 7, Some(2)), (0, 9, Some(0)), (0, 9, None)]);
        assert_eq!(regions[1].children, [0]);
        assert_eq!(regions[2].children, [1]);
    }

    #[test]
    fn long_stretches_are_cut_into_a_hierarchy() {
        let ops = 1000;
        let regions = cut(&vec!["output [0]"; ops].join("/"));
        let mut covered = 0;
        for region in &regions {
            let inner: u32 = region.children.iter().map(|&child| size(&regions[child as usize])).sum();
            let own = size(region) - inner;
            assert!(own + region.children.len() as u32 <= 4 * LIMITS.stretch_ops, "{region:?}");
            assert!(
                region.children.windows(2).all(|pair| regions[pair[0] as usize].end <= regions[pair[1] as usize].start)
            );
            covered += own;
        }
        assert_eq!(covered, ops as u32);
    }

    #[test]
    fn very_long_code_is_a_table() {
        let regions = cut(&format!("{}/input [0]", vec!["output [0]"; 2000].join("/")));
        assert_eq!(regions[0], Region { start: 0, end: 2000, children: vec![], head: None, form: Form::Table });
        assert_eq!((regions.len(), &regions[1].children), (2, &vec![0]));
    }

    fn size(region: &Region) -> u32 {
        region.end - region.start
    }

    #[test]
    fn deep_nests_need_no_recursion() {
        let depth = 100_000;
        let regions = cut(&format!("{}{}", "loop [0]/".repeat(depth), "end/".repeat(depth)));
        assert!(regions.len() >= depth / 4);
    }
}
