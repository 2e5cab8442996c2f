//! The functions that a program calls for input, output and `#`: those of the host, and those of ours between the
//! program and the host's, `put.ll`, `copy.ll`, `get.ll` and `echo.ll`, which work on the buffers of the state.

use inkwell::AddressSpace;
use inkwell::attributes::{Attribute, AttributeLoc};
use inkwell::context::Context;
use inkwell::module::Module;
use inkwell::types::FunctionType;
use inkwell::values::{CallSiteValue, FunctionValue};

use super::{Options, Style, add_attribute, make_internal};
use crate::dialect::CellWidth;
use crate::ir::{Kind, Program, echo};
use crate::llvm::{LlvmError, parts};
use crate::runtime::execute::HostFunctions;

/// The state as far as it is known here; the offsets are those of [`crate::runtime::buffers`].
const BUFFERS: &str = "; out_next, out_end, in_next, in_end\n%Buffers = type { ptr, ptr, ptr, ptr }\n";

/// Up to so many operations in its body, a loop without loops in it has its input and output inline.
const INLINE_OPS: u32 = 16;

/// Who does input and output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Io {
    /// The program itself, on the buffers that the state begins with; the host fills and empties them.
    Buffers,
    /// The host defines `bf_put` and `bf_get`.
    Calls,
}

/// The functions that a module with [`Io::Buffers`] calls, and their addresses.
#[must_use]
pub fn host_symbols(host: &HostFunctions) -> [(&'static str, usize); 4] {
    [("bf_overflow", host.put), ("bf_underflow", host.get), ("bf_spill", host.text), ("bf_dump", host.dump)]
}

/// The functions, of those that the program calls.
#[derive(Clone, Copy)]
pub(super) struct Host<'ctx> {
    pub put: Option<FunctionValue<'ctx>>,
    pub get: Option<FunctionValue<'ctx>>,
    pub text: Option<FunctionValue<'ctx>>,
    pub dump: Option<FunctionValue<'ctx>>,
    pub echo: Option<FunctionValue<'ctx>>,
}

/// Which of them that are.
#[derive(Clone, Copy)]
pub(super) struct Needs {
    put: bool,
    get: bool,
    text: bool,
    dump: bool,
    echo: bool,
}

impl Needs {
    pub fn of(program: &Program, options: &Options) -> Needs {
        let calls = |wanted: fn(Kind) -> bool| program.ops.iter().any(|op| wanted(op.kind));
        // The literal lowering has a group of instructions for a command, and no more.
        let may_echo = options.io == Io::Buffers && options.style == Style::Ssa;
        Needs {
            put: calls(|kind| matches!(kind, Kind::Output { .. } | Kind::Text { len: 1, .. })),
            get: calls(|kind| matches!(kind, Kind::Input { .. })),
            text: calls(|kind| matches!(kind, Kind::Text { len: 2.., .. })),
            dump: calls(|kind| matches!(kind, Kind::Dump { .. })),
            echo: may_echo && (0..program.ops.len()).any(|index| echo::stop(program, index).is_some()),
        }
    }
}

impl<'ctx> Host<'ctx> {
    /// Declares the host's functions and links ours. The interpreter of tables, which calls `bf_put`, is linked
    /// before: what is internal cannot be linked to any more.
    ///
    /// # Errors
    /// LLVM rejects the text of ours: a bug.
    pub fn declare(
        context: &'ctx Context,
        module: &Module<'ctx>,
        needs: Needs,
        io: Io,
        width: CellWidth,
    ) -> Result<Host<'ctx>, LlvmError> {
        let (void, pointer) = (context.void_type(), context.ptr_type(AddressSpace::default()).into());
        let (byte, int) = (context.i8_type().into(), context.i32_type());
        let declare = |name: &str, ty: FunctionType<'ctx>| {
            // A piece of IR text may have declared it.
            let function = module.get_function(name).unwrap_or_else(|| module.add_function(name, ty, None));
            add_attribute(context, function, "nounwind");
            function
        };
        let link = |name: &str, text: &str, function: &str| {
            parts::link(context, module, name, &format!("{BUFFERS}{text}"))?;
            let function = module.get_function(function).expect("the text defines it");
            make_internal(function);
            Ok::<_, LlvmError>(function)
        };
        let (mut put, mut get, mut text, mut pass_on) = (None, None, None, None);
        let table_puts = module.get_function("bf_put").is_some();
        if table_puts || needs.put {
            put = Some(match io {
                Io::Buffers => link("put.ll", include_str!("put.ll"), "bf_put")?,
                Io::Calls => declare("bf_put", void.fn_type(&[pointer, byte], false)),
            });
        }
        if needs.get {
            get = Some(match io {
                Io::Buffers => link("get.ll", include_str!("get.ll"), "bf_get")?,
                Io::Calls => declare("bf_get", int.fn_type(&[pointer], false)),
            });
        }
        if needs.text {
            text = Some(match io {
                Io::Buffers => link("copy.ll", include_str!("copy.ll"), "bf_text")?,
                Io::Calls => link("text.ll", include_str!("text.ll"), "bf_text")?,
            });
        }
        if needs.echo {
            let cell = format!("i{}", width.bits());
            pass_on = Some(link("echo.ll", &include_str!("echo.ll").replace("CELL", &cell), "bf_echo")?);
        }
        let dump =
            needs.dump.then(|| declare("bf_dump", void.fn_type(&[pointer, pointer, int.into(), int.into()], false)));
        Ok(Host { put, get, text, dump, echo: pass_on })
    }
}

/// Has LLVM put the called function's instructions in the place of the call.
pub(super) fn inline(context: &Context, call: CallSiteValue<'_>) {
    let kind = Attribute::get_named_enum_kind_id("alwaysinline");
    call.add_attribute(AttributeLoc::Function, context.create_enum_attribute(kind, 0));
}

/// Whether input and output in the loop from `start` to `end` are to be inline. Elsewhere they would cost more
/// time to compile than the calls do.
pub(super) fn has_inline_io(program: &Program, start: u32, end: u32) -> bool {
    let body = &program.ops[start as usize + 1..end as usize];
    body.len() <= INLINE_OPS as usize && !body.iter().any(|op| matches!(op.kind, Kind::Loop { .. }))
}
