//! An LLVM compiler and JIT for BF.
//!
//! # The way of a program
//!
//! ```text
//! bytes ─ parse ─→ Program ─ opt ─→ Program ─┬─ reference    the definition of the language
//!         (lint)   (ir)                      ├─ baseline     machine code at once, runtime::execute
//!                                            ├─ engine       the baseline, and LLVM for loops that are hot
//!                                            └─ llvm::lower ─ passes ─┬─ MCJIT, runtime::execute
//!                                                                     └─ IR, bitcode, assembly, object
//! ```
//!
//! * [`source`] holds the bytes and finds lines and columns; [`diagnostic`] turns messages about them into
//!   text; [`dialect`] holds the conventions: cell width, end of input, length of the tape.
//! * [`parse`] knows the eight commands and makes a [`ir::Program`], a flat list of operations without
//!   recursion. [`lint`] warns about what is surely a mistake.
//! * [`opt`] is a table of passes over operations, one a file, and [`level`] the table of the levels that
//!   use them.
//! * [`mod@reference`] interprets operations, checks every access and counts every step. What it does with
//!   an unoptimised program *is* what the program means; everything else is tested against it.
//! * [`verify`] holds engines and levels against that, and finds the step that makes one go wrong. [`portability`] runs
//!   a program under several conventions side by side.
//! * [`debugger`] runs the reference interpreter step by step, forwards and backwards.
//! * [`baseline`] translates operations to machine code one by one, in a single pass; in large programs, those that the
//!   program comes to ([`baseline::chunks`]).
//! * [`engine`] lets LLVM take over loops of the running baseline code: slots, the policy, the compile thread. Large programs
//!   start after the quick passes; loops get the others when it is their turn ([`level::Start::InParts`]). Others of more than
//!   some hundred operations are tried out after the quick passes, and run once more from the beginning where that takes long
//!   ([`engine::policy::trial_time`], [`runtime::execute::try_out`]). Where the passes
//!   leave no loop there is nothing to take over, and the command line has the reference interpret it: that takes less time
//!   than to make code.
//! * [`llvm`] lowers a program to LLVM IR through inkwell, runs LLVM's passes, and compiles in memory or to a
//!   file. It opens libLLVM only when it is needed. The run-time support of executables is LLVM IR too,
//!   in `llvm/runtime/`.
//! * A program that is linked statically starts in a fifth of the time, and cannot open libLLVM. Loops of what it runs are compiled
//!   by LLVM in another process, which hands object files back ([`engine::remote`], [`runtime::object`]); all else that needs LLVM, that
//!   other file does (`cli/image.rs`).
//! * [`runtime`] runs code on a tape between guard pages: input and output, faults, signals, limits.
//! * [`symbols`] tells profilers and debuggers about code in memory.
//! * [`report`] lays out results. The command line, `main.rs` and `cli/`, is the only part that reads files,
//!   prints, and knows exit statuses.
//!
//! # The contract of compiled code
//!
//! Every function has the type `ptr (ptr state, ptr cell)`: it starts with the tape pointer at a cell and
//! returns where the pointer ends. At the head of a loop everything is in memory and the pointer is the only
//! live value: what a loop's code remembers of its scans ([`ir::rescans`]) is lost where other code takes over, and no code takes
//! over between two iterations of a loop that carries values in registers ([`ir::carries`]). Accesses
//! are not checked: the tape lies between inaccessible guards that are wider than the largest distance between two
//! accesses ([`ir::Program::largest_displacement`]), so that the first access outside of it traps. A program is cut into
//! functions of bounded size
//! ([`llvm::lower::partition`]), which keeps LLVM's time linear.
//!
//! # The contract of the passes
//!
//! An optimised program may skip an access that has no effect, and so fault later than the reference or not
//! at all; it never makes an access that the program would not make. Termination is behaviour: an endless
//! loop stays endless. Of the tape at the start it takes for granted what [`ir::Entry`] says: nothing for a loop out of a
//! program. `tests/property/` holds every pass and every level to that.

pub mod baseline;
pub mod debugger;
pub mod diagnostic;
pub mod dialect;
pub mod engine;
pub mod ir;
pub mod level;
pub mod lint;
pub mod llvm;
pub mod opt;
pub mod parse;
pub mod portability;
pub mod reference;
pub mod report;
pub mod runtime;
pub mod source;
pub mod symbols;
pub mod verify;
