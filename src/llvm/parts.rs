//! Pieces of a module that are written as LLVM IR text.

use inkwell::context::Context;
use inkwell::memory_buffer::MemoryBuffer;
use inkwell::module::Module;

use super::LlvmError;

/// Links the module that `text` describes, called `name`, into `module`.
///
/// # Errors
/// LLVM rejects the text, or cannot link it: a bug of ours.
pub(super) fn link<'ctx>(
    context: &'ctx Context,
    module: &Module<'ctx>,
    name: &str,
    text: &str,
) -> Result<(), LlvmError> {
    let buffer = MemoryBuffer::create_from_memory_range_copy(text.as_bytes(), name);
    let part = context.create_module_from_ir(buffer).map_err(|message| LlvmError::Malformed(message.to_string()))?;
    part.set_data_layout(&module.get_data_layout());
    part.set_triple(&module.get_triple());
    module.link_in_module(part).map_err(|message| LlvmError::Malformed(message.to_string()))
}
