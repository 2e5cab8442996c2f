//! The object files of LLVM's code, which MCJIT hands to debuggers in a list that it keeps in libLLVM.
//!
//! They say where each function ends as well, which MCJIT says nowhere else. And debuggers that know one such list alone, as
//! lldb does, are to find other code there too.

use super::loader::Llvm;
use crate::symbols::registration::Interface;
use crate::symbols::{Symbol, object};

/// LLVM's list.
#[must_use]
pub fn interface(llvm: Llvm) -> Option<Interface> {
    let list = llvm.symbol(c"__jit_debug_descriptor")?;
    let changed = llvm.symbol(c"__jit_debug_register_code")?;
    // SAFETY: libLLVM defines both as the debuggers' interface says, and is never closed; LLVM changes the list when code is
    // made or dropped, which `jit` lets it do as it has to.
    Some(unsafe { Interface::at(list, changed) })
}

/// The functions of the module that has one at `entry`, sorted by address.
pub(super) fn functions(llvm: Llvm, entry: usize) -> Vec<Symbol> {
    let find = |object: &[u8]| {
        let functions = object::functions(object);
        functions.iter().any(|function| function.address == entry).then_some(functions)
    };
    let mut functions = interface(llvm).and_then(|interface| interface.find_object(find)).unwrap_or_default();
    functions.sort_by_key(|function| function.address);
    functions
}
