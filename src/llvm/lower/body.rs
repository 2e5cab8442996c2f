//! The operations of one region, as the instructions of one function.

use inkwell::IntPredicate;
use inkwell::basic_block::BasicBlock;
use inkwell::builder::{Builder, BuilderError};
use inkwell::types::IntType;
use inkwell::values::{BasicMetadataValueEnum, CallSiteValue, FunctionValue, IntValue, PointerValue};

use super::carries::Carried;
use super::loops::Open;
use super::rescans::Runs;
use super::trips::Held;
use super::{Names, Style, Unit, debug, host, table};
use crate::dialect::Eof;
use crate::ir::branchless::{Form, form_around};
use crate::ir::count::Reload;
use crate::ir::rescans::Use;
use crate::ir::{Kind, echo, shifts};

/// Lowers the region with this index.
pub(super) fn lower_region(unit: &Unit<'_, '_>, index: usize) -> Result<(), BuilderError> {
    let region = &unit.regions[index];
    let mut body = Body::begin(unit, index)?;
    let mut children = region.children.iter().map(|&child| child as usize).peekable();
    let mut next = region.start;
    while next < region.end {
        match children.next_if(|&child| unit.regions[child].start == next) {
            Some(child) => {
                body.locate(next);
                body.call(child)?;
                next = unit.regions[child].end;
            }
            None => {
                body.locate(next);
                body.op(next)?;
                next += 1;
            }
        }
    }
    body.end()
}

/// Lowers a region to a call of the interpreter of tables.
pub(super) fn lower_table(unit: &Unit<'_, '_>, index: usize) -> Result<(), BuilderError> {
    let region = &unit.regions[index];
    let (rows, count) = table::add(unit.context, unit.module, unit.program, region.start..region.end);
    let mut body = Body::begin(unit, index)?;
    body.locate(region.start);
    let interpreter = unit.module.get_function(table::INTERPRETER).expect("linked before the regions are lowered");
    let count = unit.context.i64_type().const_int(count, false);
    let arguments = [body.state.into(), body.pointer()?.into(), rows.into(), count.into()];
    let call = body.builder.build_call(interpreter, &arguments, body.name("pointer"))?;
    body.set_pointer(returned_pointer(call))?;
    body.end()
}

/// What a function returns that moves the pointer.
pub(super) fn returned_pointer(call: CallSiteValue<'_>) -> PointerValue<'_> {
    call.try_as_basic_value().basic().expect("regions, tables and walks return the pointer").into_pointer_value()
}

/// Where the tape pointer is.
#[derive(Clone, Copy)]
pub(super) enum Home<'ctx> {
    /// In memory, at this address.
    Slot(PointerValue<'ctx>),
    /// This value.
    Value(PointerValue<'ctx>),
}

pub(super) struct Body<'a, 'ctx> {
    pub(super) unit: &'a Unit<'a, 'ctx>,
    function: FunctionValue<'ctx>,
    pub(super) builder: Builder<'ctx>,
    pub(super) state: PointerValue<'ctx>,
    pub(super) home: Home<'ctx>,
    pub(super) open: Vec<Open<'ctx>>,
    /// Whether the operation is in a loop of the form [`Form::Shift`], behind its first iteration.
    pub(super) assigns: bool,
    pub(super) runs: Runs<'ctx>,
    /// The loop around the operation, if it carries values.
    pub(super) carried: Option<Carried<'ctx>>,
    /// By [`Kind::Hold`].
    pub(super) held: Option<Held<'ctx>>,
    /// What debuggers know the function by.
    pub(super) scope: Option<debug::Scope<'ctx>>,
}

pub(super) type Lowered<T> = Result<T, BuilderError>;

impl<'a, 'ctx> Body<'a, 'ctx> {
    fn begin(unit: &'a Unit<'a, 'ctx>, region: usize) -> Lowered<Self> {
        let function = unit.functions[region];
        let builder = unit.context.create_builder();
        builder.position_at_end(unit.context.append_basic_block(function, "entry"));
        let parameter = |index| function.get_nth_param(index).map(|value| value.into_pointer_value());
        let (Some(state), Some(cell)) = (parameter(0), parameter(1)) else {
            unreachable!("every region has two parameters");
        };
        let home = match unit.options.style {
            Style::Ssa => Home::Value(cell),
            Style::Literal => {
                let slot = builder.build_alloca(cell.get_type(), "pointer")?;
                builder.build_store(slot, cell)?;
                Home::Slot(slot)
            }
        };
        let scope = unit.describe(function, unit.regions[region].start);
        let body = Body {
            unit,
            function,
            builder,
            state,
            home,
            open: Vec::new(),
            assigns: false,
            runs: Runs::default(),
            carried: None,
            held: None,
            scope,
        };
        if let Home::Slot(slot) = home {
            body.describe_slot(slot);
        }
        Ok(body)
    }

    fn end(self) -> Lowered<()> {
        let last = self.pointer()?;
        self.builder.build_return(Some(&last))?;
        Ok(())
    }

    /// Calls the function of another region.
    fn call(&mut self, child: usize) -> Lowered<()> {
        let from = self.pointer()?;
        let arguments = [self.state.into(), from.into()];
        let call = self.builder.build_call(self.unit.functions[child], &arguments, self.name("pointer"))?;
        if self.unit.region_drifts(&self.unit.regions[child]) {
            self.set_pointer(returned_pointer(call))?;
        }
        self.forget_runs();
        Ok(())
    }

    pub(super) fn op(&mut self, index: u32) -> Lowered<()> {
        if self.carries(index)? {
            return Ok(());
        }
        self.carry_out(index)?;
        match self.run_usage(index) {
            Use::Change(cell, cuts) | Use::Clear(cell, cuts) => {
                let changed = match self.unit.program.ops[index as usize].kind {
                    Kind::AddHeld { .. } => self.address_for_held(cell)?,
                    _ => self.address(cell)?,
                };
                self.cut_runs(changed, cuts)
            }
            Use::Nothing | Use::Scan(_) => Ok(()),
        }
    }

    /// Whether the operation clears what a loop shifts: from the second iteration on, that is done behind the loop.
    fn is_clearing(&self, index: u32) -> bool {
        shifts::is_clearing(&self.unit.program.ops, self.unit.conditions, index as usize)
    }

    fn carry_out(&mut self, index: u32) -> Lowered<()> {
        match self.unit.program.ops[index as usize].kind {
            Kind::Add { cell, delta } => {
                let delta = self.unit.cell_type().const_int(delta, false);
                self.add(cell, delta)
            }
            Kind::Set { .. } if self.assigns && self.is_clearing(index) => Ok(()),
            Kind::Set { cell, value } => self.set(cell, self.unit.cell_type().const_int(value, false)),
            Kind::MulAdd { target, source, factor } => {
                let value = self.load(source)?;
                let factor = self.unit.cell_type().const_int(factor, false);
                let product = self.builder.build_int_mul(value, factor, self.name("product"))?;
                match form_around(&self.unit.program.ops, self.unit.conditions, index as usize) {
                    Form::Shift if self.assigns => self.set(target, product),
                    Form::Redirected | Form::Shift => {
                        self.add_unless_zero(self.address(target)?, self.address(source)?, value, product)
                    }
                    // What is accessed first does not matter: LLVM may exchange them.
                    Form::Branch | Form::Always | Form::Behind { .. } => self.add(target, product),
                }
            }
            Kind::Copy { target, source, factor } => {
                let value = self.load(source)?;
                let factor = self.unit.cell_type().const_int(factor, false);
                let product = self.builder.build_int_mul(value, factor, self.name("product"))?;
                self.set(target, product)
            }
            Kind::Product { target, left, right, factor } => {
                let (left, right) = (self.load(left)?, self.load(right)?);
                let factor = self.unit.cell_type().const_int(factor, false);
                let product = self.builder.build_int_mul(left, right, self.name("product"))?;
                let product = self.builder.build_int_mul(product, factor, self.name("product"))?;
                self.add(target, product)
            }
            Kind::MinAdd { target, source, most, factor } => {
                let least = self.least(source, most)?;
                let factor = self.unit.cell_type().const_int(factor, false);
                let product = self.builder.build_int_mul(least, factor, self.name("product"))?;
                self.add(target, product)
            }
            Kind::Move { delta } => {
                let moved = self.address(delta)?;
                self.set_pointer(moved)
            }
            Kind::Scan { cell, stride } => match self.run_usage(index) {
                Use::Scan(scanned) => self.scan_run(index, cell, stride, scanned),
                Use::Nothing | Use::Change(..) | Use::Clear(..) => self.walk(index, cell, stride, (0, 0)),
            },
            Kind::Walk { cell, stride, leave, enter } => self.walk(index, cell, stride, (leave, enter)),
            Kind::Count(count) => match (self.unit.conditions[index as usize], count.reload) {
                (form @ (Form::Always | Form::Behind { .. } | Form::Redirected), Reload::Constant { period, .. }) => {
                    self.count_in_any_case(index, &count, period, form)
                }
                _ => self.count(index, &count),
            },
            Kind::Divide { cell, divisor, quotient, unless } => self.divide(index, cell, divisor, quotient, unless),
            Kind::Ripple { digit, stride, mark } => self.ripple(index, digit, stride, mark),
            Kind::Hold { cell, unless } => self.hold(cell, unless),
            Kind::Release { beyond } => self.release(beyond),
            Kind::AddHeld { cell, factor } => self.add_held(cell, factor),
            Kind::Input { cell } => {
                self.echo(index, cell)?;
                self.input(cell)
            }
            Kind::Output { cell } => {
                let value = self.load(cell)?;
                let byte = self.builder.build_int_truncate_or_bit_cast(
                    value,
                    self.unit.context.i8_type(),
                    self.name("byte"),
                )?;
                self.host_call(self.unit.host.put, &[byte.into()], "")?;
                self.echo(index, cell)
            }
            Kind::Text { start, len: 1 } => {
                let byte = self.unit.program.text[start as usize];
                let byte = self.unit.context.i8_type().const_int(byte.into(), false);
                self.host_call(self.unit.host.put, &[byte.into()], "")?;
                Ok(())
            }
            Kind::Text { start, len } => {
                let unit = self.unit;
                let bytes = &unit.program.text[start as usize..(start + len) as usize];
                let bytes = table::add_bytes(unit.context, unit.module, "bf_text", bytes);
                let len = unit.context.i64_type().const_int(len.into(), false);
                self.host_call(unit.host.text, &[bytes.into(), len.into()], "")?;
                Ok(())
            }
            Kind::Dump { cell } => {
                let address = self.address(cell)?;
                let place = self.unit.position(index);
                let int = self.unit.context.i32_type();
                let number = |value: u32| int.const_int(value.into(), false);
                let arguments = [address.into(), number(place.line).into(), number(place.column).into()];
                self.host_call(self.unit.host.dump, &arguments, "")?;
                Ok(())
            }
            Kind::Loop { cell, end } => self.begin_loop(index, cell, end),
            Kind::LoopEnd { start } => self.end_loop(start),
            Kind::If { cell, .. } => match self.unit.conditions[index as usize] {
                Form::Branch => self.begin_if(index, cell),
                Form::Always | Form::Behind { .. } | Form::Redirected | Form::Shift => Ok(()),
            },
            Kind::IfEnd { start } => match self.unit.conditions[start as usize] {
                Form::Branch => self.end_if(),
                Form::Always | Form::Behind { .. } | Form::Redirected | Form::Shift => Ok(()),
            },
        }
    }

    pub(super) fn name(&self, name: &'static str) -> &'static str {
        match self.unit.options.names {
            Names::Readable => name,
            Names::None => "",
        }
    }

    /// A new block named after the place of the operation.
    pub(super) fn block(&self, index: u32, what: &str, part: &str) -> BasicBlock<'ctx> {
        let name = match self.unit.options.names {
            Names::Readable => {
                let place = self.unit.position(index);
                format!("{what}_{}_{}{part}", place.line, place.column)
            }
            Names::None => String::new(),
        };
        self.unit.context.append_basic_block(self.function, &name)
    }

    pub(super) fn current(&self) -> BasicBlock<'ctx> {
        self.builder.get_insert_block().expect("the builder stands in a block")
    }

    pub(super) fn pointer(&self) -> Lowered<PointerValue<'ctx>> {
        match self.home {
            Home::Value(pointer) => Ok(pointer),
            Home::Slot(slot) => {
                let pointer = self.builder.build_load(slot.get_type(), slot, self.name("cell"))?;
                Ok(pointer.into_pointer_value())
            }
        }
    }

    pub(super) fn set_pointer(&mut self, pointer: PointerValue<'ctx>) -> Lowered<()> {
        match &mut self.home {
            Home::Value(value) => *value = pointer,
            Home::Slot(slot) => {
                self.builder.build_store(*slot, pointer)?;
            }
        }
        Ok(())
    }

    /// The address of the cell this far from the pointer.
    pub(super) fn address(&self, cell: i32) -> Lowered<PointerValue<'ctx>> {
        let pointer = self.pointer()?;
        self.offset(pointer, cell)
    }

    pub(super) fn offset(&self, pointer: PointerValue<'ctx>, cells: impl Into<i64>) -> Lowered<PointerValue<'ctx>> {
        let cells = cells.into();
        if cells == 0 {
            return Ok(pointer);
        }
        let distance = self.unit.context.i64_type().const_int(cells as u64, true);
        self.offset_by(pointer, self.unit.cell_type(), distance)
    }

    /// So many times the size of a type behind the pointer.
    pub(super) fn offset_by(
        &self,
        pointer: PointerValue<'ctx>,
        unit: IntType<'ctx>,
        distance: IntValue<'ctx>,
    ) -> Lowered<PointerValue<'ctx>> {
        // SAFETY: LLVM's `getelementptr` without `inbounds` has no precondition.
        unsafe { self.builder.build_gep(unit, pointer, &[distance], self.name("cell")) }
    }

    pub(super) fn load(&self, cell: i32) -> Lowered<IntValue<'ctx>> {
        let address = self.address(cell)?;
        self.load_from(address)
    }

    pub(super) fn load_from(&self, address: PointerValue<'ctx>) -> Lowered<IntValue<'ctx>> {
        let value = self.builder.build_load(self.unit.cell_type(), address, self.name("value"))?;
        Ok(value.into_int_value())
    }

    /// The value of the cell, or `most` if that is less.
    fn least(&self, cell: i32, most: u32) -> Lowered<IntValue<'ctx>> {
        let (value, most) = (self.load(cell)?, self.unit.cell_type().const_int(most.into(), false));
        let is_less = self.builder.build_int_compare(IntPredicate::ULT, value, most, self.name("less"))?;
        Ok(self.builder.build_select(is_less, value, most, self.name("least"))?.into_int_value())
    }

    pub(super) fn add(&self, cell: i32, summand: IntValue<'ctx>) -> Lowered<()> {
        self.add_at(self.address(cell)?, summand)
    }

    pub(super) fn add_at(&self, address: PointerValue<'ctx>, summand: IntValue<'ctx>) -> Lowered<()> {
        let value = self.load_from(address)?;
        let sum = self.builder.build_int_add(value, summand, self.name("sum"))?;
        self.builder.build_store(address, sum)?;
        Ok(())
    }

    pub(super) fn set(&self, cell: i32, value: IntValue<'ctx>) -> Lowered<()> {
        let address = self.address(cell)?;
        self.builder.build_store(address, value)?;
        Ok(())
    }

    /// `there`, or `home` if `value` is 0.
    pub(super) fn unless_zero(
        &self,
        value: IntValue<'ctx>,
        there: PointerValue<'ctx>,
        home: PointerValue<'ctx>,
    ) -> Lowered<PointerValue<'ctx>> {
        let zero = value.get_type().const_zero();
        let is_zero = self.builder.build_int_compare(IntPredicate::EQ, value, zero, self.name("zero"))?;
        Ok(self.builder.build_select(is_zero, home, there, self.name("target"))?.into_pointer_value())
    }

    /// Adds `product` to the cell at `there`, or to that at `home` if `value` is 0: then the product is, too.
    pub(super) fn add_unless_zero(
        &self,
        there: PointerValue<'ctx>,
        home: PointerValue<'ctx>,
        value: IntValue<'ctx>,
        product: IntValue<'ctx>,
    ) -> Lowered<()> {
        self.add_at(self.unless_zero(value, there, home)?, product)
    }

    fn input(&self, cell: i32) -> Lowered<()> {
        let (address, ty) = (self.address(cell)?, self.unit.cell_type());
        // Read before the call in every convention: a fault comes before the input is asked for.
        let old = self.load_from(address)?;
        let Some(answer) = self.host_call(self.unit.host.get, &[], self.name("answer"))? else {
            unreachable!("bf_get returns a value");
        };
        let byte = if ty.get_bit_width() > 32 {
            self.builder.build_int_s_extend(answer, ty, self.name("byte"))?
        } else {
            self.builder.build_int_truncate_or_bit_cast(answer, ty, self.name("byte"))?
        };
        // At the end the answer is -1, which is what its conversion yields at every width.
        let at_end = match self.unit.options.dialect.eof {
            Eof::MinusOne => None,
            Eof::Same => Some(old),
            Eof::Zero => Some(ty.const_zero()),
        };
        let new = match at_end {
            None => byte,
            Some(value) => {
                let zero = answer.get_type().const_zero();
                let ended = self.builder.build_int_compare(IntPredicate::SLT, answer, zero, self.name("ended"))?;
                self.builder.build_select(ended, value, byte, self.name("input"))?.into_int_value()
            }
        };
        self.builder.build_store(address, new)?;
        Ok(())
    }

    /// In a loop that passes its input on: does so by blocks.
    fn echo(&self, index: u32, cell: i32) -> Lowered<()> {
        let Some(function) = self.unit.host.echo else { return Ok(()) };
        let Some(stop) = echo::stop(self.unit.program, index as usize) else { return Ok(()) };
        let stop = self.unit.context.i8_type().const_int(stop.into(), false);
        let arguments = [self.state.into(), self.address(cell)?.into(), stop.into()];
        self.builder.build_call(function, &arguments, "")?;
        Ok(())
    }

    fn host_call(
        &self,
        function: Option<FunctionValue<'ctx>>,
        arguments: &[BasicMetadataValueEnum<'ctx>],
        name: &str,
    ) -> Lowered<Option<IntValue<'ctx>>> {
        let function = function.expect("what a program calls is declared");
        let arguments = [&[self.state.into()], arguments].concat();
        let call = self.builder.build_call(function, &arguments, name)?;
        if self.open.last().is_some_and(|open| open.has_inline_io) {
            host::inline(self.unit.context, call);
        }
        Ok(call.try_as_basic_value().basic().map(|value| value.into_int_value()))
    }
}
