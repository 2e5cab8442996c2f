//! Scans that remember runs of cells that are not 0: see [`crate::ir::rescans`].

use std::rc::Rc;

use inkwell::IntPredicate;
use inkwell::basic_block::BasicBlock;
use inkwell::values::{IntValue, PhiValue, PointerValue};

use super::Style;
use super::body::{Body, Lowered};
use crate::ir::rescans::{Cut, Cuts, Rescanning, Scanned, Stride, Use};

/// A scan that ends with one of so many cells does without its run: to keep it would take longer.
const SHORT: usize = 4;

/// Behind them, so many steps a scan makes one by one and comes into its run, or goes on as others do.
const STEPS: i64 = 4;

/// A run: the address of its first cell, and how far behind that it ends, in bytes.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Run<'ctx> {
    first: IntValue<'ctx>,
    length: IntValue<'ctx>,
}

/// The runs of the loop that is lowered.
#[derive(Clone, Default)]
pub(super) struct Runs<'ctx> {
    /// What its operations have to do with them.
    around: Option<Rc<Rescanning>>,
    runs: Vec<Run<'ctx>>,
}

impl<'ctx> Body<'_, 'ctx> {
    fn address_type(&self) -> inkwell::types::IntType<'ctx> {
        self.unit.context.i64_type()
    }

    /// A run that is different for each way here.
    fn phi_of_runs(&self, ways: &[(Run<'ctx>, BasicBlock<'ctx>)]) -> Lowered<(Run<'ctx>, [PhiValue<'ctx>; 2])> {
        let phi = |name, field: fn(&Run<'ctx>) -> IntValue<'ctx>| {
            let phi = self.builder.build_phi(self.address_type(), self.name(name))?;
            for (run, block) in ways {
                phi.add_incoming(&[(&field(run), *block)]);
            }
            Lowered::Ok(phi)
        };
        let phis = [phi("first", |run| run.first)?, phi("length", |run| run.length)?];
        let [first, length] = phis.map(|phi| phi.as_basic_value().into_int_value());
        Ok((Run { first, length }, phis))
    }

    /// At the beginning of the body of the loop with these ends, which is come to from `before`: if the loop remembers runs,
    /// they are empty. What the end gives to [`end_runs`](Body::end_runs).
    pub(super) fn begin_runs(
        &mut self,
        (head, end): (u32, u32),
        before: BasicBlock<'ctx>,
    ) -> Lowered<Vec<[PhiValue<'ctx>; 2]>> {
        let around = match self.unit.options.style {
            Style::Literal => None,
            Style::Ssa => Rescanning::of(self.unit.program, head, end),
        };
        let zero = self.address_type().const_zero();
        let empty = Run { first: zero, length: zero };
        let count = around.as_ref().map_or(0, |around| around.runs);
        let phis: Vec<_> = (0..count).map(|_| self.phi_of_runs(&[(empty, before)])).collect::<Lowered<_>>()?;
        let (runs, phis) = phis.into_iter().unzip();
        self.runs = Runs { around: around.map(Rc::new), runs };
        Ok(phis)
    }

    /// At the end of the body, where it is repeated from `latch`.
    pub(super) fn end_runs(&mut self, phis: &[[PhiValue<'ctx>; 2]], latch: BasicBlock<'ctx>) {
        for (run, [first, length]) in std::iter::zip(&self.runs.runs, phis) {
            first.add_incoming(&[(&run.first, latch)]);
            length.add_incoming(&[(&run.length, latch)]);
        }
        self.runs = Runs::default();
    }

    /// Where two ways join: that on which the runs were others, and that which ends in this block.
    pub(super) fn join_runs(
        &mut self,
        other: &Runs<'ctx>,
        from: BasicBlock<'ctx>,
        last: BasicBlock<'ctx>,
    ) -> Lowered<()> {
        for number in 0..self.runs.runs.len() {
            let (now, before) = (self.runs.runs[number], other.runs[number]);
            if now != before {
                self.runs.runs[number] = self.phi_of_runs(&[(before, from), (now, last)])?.0;
            }
        }
        Ok(())
    }

    /// Other code runs that knows nothing of runs.
    pub(super) fn forget_runs(&mut self) {
        let zero = self.address_type().const_zero();
        for run in &mut self.runs.runs {
            run.length = zero;
        }
    }

    /// What the operation at `index` has to do with runs.
    pub(super) fn run_usage(&self, index: u32) -> Use {
        self.runs.around.as_ref().map_or(Use::Nothing, |around| around.usage(index))
    }

    fn number_of(&self, address: PointerValue<'ctx>) -> Lowered<IntValue<'ctx>> {
        self.builder.build_ptr_to_int(address, self.address_type(), self.name("number"))
    }

    /// A scan, with what the run spares.
    pub(super) fn scan_run(&mut self, index: u32, cell: i32, stride: i32, scanned: Scanned) -> Lowered<()> {
        let run = self.runs.runs[scanned.run];
        let step = i64::from(stride) * self.unit.program.width.bytes() as i64;
        let address_type = self.address_type();
        let constant = |value: i64| address_type.const_int(value as u64, true);
        let from = self.pointer()?;
        let parts = ["", ".step", ".look", ".next", ".run", ".on", ".found", ".end"];
        let [inside, steps, look, next, joined, on, found, behind] = parts.map(|part| self.block(index, "scan", part));
        let mut here = from;
        let mut short = Vec::new();
        for number in 1..=SHORT {
            let then = if number < SHORT { self.block(index, "scan", ".short") } else { inside };
            short.push((self.current(), here));
            self.branch_on_zero(self.offset(here, cell)?, behind, then)?;
            self.builder.position_at_end(then);
            here = self.offset(here, stride)?;
        }

        let start = self.number_of(self.offset(from, cell)?)?;
        // Where the run will begin if the scan goes right, or end if it goes left.
        let edge = match stride > 0 {
            true => start,
            false => self.builder.build_int_sub(start, constant(step), self.name("edge"))?,
        };
        self.builder.build_unconditional_branch(steps)?;

        // Some cells are looked at one by one, unless they are in the run.
        self.builder.position_at_end(steps);
        let stepping = self.builder.build_phi(from.get_type(), self.name("pointer"))?;
        let left = self.builder.build_phi(address_type, self.name("left"))?;
        let (pointer, steps_left) =
            (stepping.as_basic_value().into_pointer_value(), left.as_basic_value().into_int_value());
        let address = self.offset(pointer, cell)?;
        let is_inside = self.is_inside(run, address, scanned.stride)?;
        self.builder.build_conditional_branch(is_inside, joined, look)?;
        self.builder.position_at_end(look);
        self.branch_on_zero(address, found, next)?;
        self.builder.position_at_end(next);
        let third = self.offset(pointer, stride)?;
        let fewer = self.builder.build_int_sub(steps_left, constant(1), self.name("left"))?;
        let is_last = self.builder.build_int_compare(IntPredicate::EQ, fewer, constant(0), self.name("last"))?;
        self.builder.build_conditional_branch(is_last, on, steps)?;
        stepping.add_incoming(&[(&here, inside), (&third, next)]);
        left.add_incoming(&[(&constant(STEPS), inside), (&fewer, next)]);

        self.builder.position_at_end(joined);
        let (there, wider) = self.other_end(run, from, (start, edge), step)?;
        self.branch_on_zero(self.offset(there, cell)?, found, on)?;

        // Beyond the run, or without one.
        self.builder.position_at_end(on);
        self.join(&[(next, third), (joined, there)])?;
        let edges = self.builder.build_phi(address_type, self.name("edge"))?;
        edges.add_incoming(&[(&edge, next), (&wider, joined)]);
        let edge_on = edges.as_basic_value().into_int_value();
        let last = self.scan_on(index, cell, stride, found)?;

        self.builder.position_at_end(found);
        let last_block = last.0;
        self.join(&[(look, pointer), (joined, there), last])?;
        let edges = self.builder.build_phi(address_type, self.name("edge"))?;
        edges.add_incoming(&[(&edge, look), (&wider, joined), (&edge_on, last_block)]);
        let edge = edges.as_basic_value().into_int_value();
        let there = self.pointer()?;
        let zero = self.number_of(self.offset(there, cell)?)?;
        let (first, end) = match stride > 0 {
            true => (edge, zero),
            false => (self.builder.build_int_sub(zero, constant(step), self.name("first"))?, edge),
        };
        let length = self.builder.build_int_sub(end, first, self.name("length"))?;
        self.builder.build_unconditional_branch(behind)?;

        self.builder.position_at_end(behind);
        let kept: Vec<_> = short.iter().map(|&(block, _)| (run, block)).collect();
        short.push((found, there));
        self.join(&short)?;
        let updated = (Run { first, length }, found);
        self.runs.runs[scanned.run] = self.phi_of_runs(&[kept, vec![updated]].concat())?.0;
        self.assume_zero(cell)
    }

    /// Whether the cell at `address` is in the run.
    fn is_inside(&self, run: Run<'ctx>, address: PointerValue<'ctx>, stride: Stride) -> Lowered<IntValue<'ctx>> {
        let distance = self.builder.build_int_sub(self.number_of(address)?, run.first, self.name("distance"))?;
        let is_below = self.builder.build_int_compare(IntPredicate::ULT, distance, run.length, self.name("inside"))?;
        let Stride::Unknown(power) = stride else { return Ok(is_below) };
        let mask = u64::from(power) * self.unit.program.width.bytes() - 1;
        let mask = self.address_type().const_int(mask, false);
        let remainder = self.builder.build_and(distance, mask, self.name("remainder"))?;
        let zero = self.address_type().const_zero();
        let is_multiple = self.builder.build_int_compare(IntPredicate::EQ, remainder, zero, self.name("multiple"))?;
        self.builder.build_and(is_below, is_multiple, self.name("inside"))
    }

    /// The pointer of a scan that has come into the run, behind its other end, and the scan's own edge of what it has looked at
    /// or that of the run, whichever is further. The scan began with the pointer at `from` and the cell at `start`.
    fn other_end(
        &self,
        run: Run<'ctx>,
        from: PointerValue<'ctx>,
        (start, edge): (IntValue<'ctx>, IntValue<'ctx>),
        step: i64,
    ) -> Lowered<(PointerValue<'ctx>, IntValue<'ctx>)> {
        let end = self.builder.build_int_add(run.first, run.length, self.name("end"))?;
        let distance = self.address_type().const_int(step as u64, true);
        let (other, there, predicate) = match step > 0 {
            true => (run.first, end, IntPredicate::ULT),
            false => (end, self.builder.build_int_add(run.first, distance, self.name("there"))?, IntPredicate::UGT),
        };
        let is_wider = self.builder.build_int_compare(predicate, other, edge, self.name("wider"))?;
        let wider = self.builder.build_select(is_wider, other, edge, self.name("edge"))?.into_int_value();
        let bytes = self.builder.build_int_sub(there, start, self.name("bytes"))?;
        let there = self.offset_by(from, self.unit.context.i8_type(), bytes)?;
        Ok((there, wider))
    }

    /// Goes on with a scan, by blocks or one by one, from where the pointer is, and then to `found`. The last block, and the
    /// pointer there.
    fn scan_on(
        &mut self,
        index: u32,
        cell: i32,
        stride: i32,
        found: BasicBlock<'ctx>,
    ) -> Lowered<(BasicBlock<'ctx>, PointerValue<'ctx>)> {
        let from = self.pointer()?;
        if let Some(blockwise) = self.unit.walks.as_ref().and_then(|walks| walks.with_stride(stride)) {
            let zero = self.unit.cell_type().const_zero();
            let there = self.walk_blocks(blockwise, self.offset(from, cell)?, zero, zero)?;
            let there = self.offset(there, -i64::from(cell))?;
            self.builder.build_unconditional_branch(found)?;
            return Ok((self.current(), there));
        }
        let (before, again) = (self.current(), self.block(index, "scan", ".again"));
        self.builder.build_unconditional_branch(again)?;
        self.builder.position_at_end(again);
        let here = self.builder.build_phi(from.get_type(), self.name("pointer"))?;
        let pointer = here.as_basic_value().into_pointer_value();
        let next = self.offset(pointer, stride)?;
        here.add_incoming(&[(&from, before), (&next, again)]);
        self.branch_on_zero(self.offset(pointer, cell)?, found, again)?;
        Ok((again, pointer))
    }

    fn branch_on_zero(
        &self,
        address: PointerValue<'ctx>,
        then: BasicBlock<'ctx>,
        otherwise: BasicBlock<'ctx>,
    ) -> Lowered<()> {
        let value = self.load_from(address)?;
        let zero = value.get_type().const_zero();
        let is_zero = self.builder.build_int_compare(IntPredicate::EQ, value, zero, self.name("zero"))?;
        self.builder.build_conditional_branch(is_zero, then, otherwise)?;
        Ok(())
    }

    /// The cell may have become 0.
    pub(super) fn cut_runs(&mut self, changed: PointerValue<'ctx>, cuts: Cuts) -> Lowered<()> {
        let value = self.load_from(changed)?;
        let zero = value.get_type().const_zero();
        let is_zero = self.builder.build_int_compare(IntPredicate::EQ, value, zero, self.name("zero"))?;
        let number = self.number_of(changed)?;
        for (run, cut) in cuts.into_iter().enumerate() {
            let Some(cut) = cut else { continue };
            let Run { first, length } = self.runs.runs[run];
            let distance = self.builder.build_int_sub(number, first, self.name("distance"))?;
            let is_inside = self.builder.build_int_compare(IntPredicate::ULT, distance, length, self.name("inside"))?;
            let is_cut = self.builder.build_and(is_zero, is_inside, self.name("cut"))?;
            let nothing = self.address_type().const_zero();
            let select = |then, otherwise| -> Lowered<IntValue<'ctx>> {
                Ok(self.builder.build_select(is_cut, then, otherwise, self.name("kept"))?.into_int_value())
            };
            self.runs.runs[run] = match cut {
                Cut::KeepLeft => Run { first, length: select(distance, length)? },
                Cut::Empty => Run { first, length: select(nothing, length)? },
                Cut::KeepRight(stride) => {
                    let step = u64::from(stride) * self.unit.program.width.bytes();
                    let step = self.address_type().const_int(step, false);
                    let lost = self.builder.build_int_add(distance, step, self.name("lost"))?;
                    let lost = select(lost, nothing)?;
                    Run {
                        first: self.builder.build_int_add(first, lost, self.name("first"))?,
                        length: self.builder.build_int_sub(length, lost, self.name("length"))?,
                    }
                }
            };
        }
        Ok(())
    }
}
