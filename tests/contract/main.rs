//! The language contract, rule by rule, as the README states it: `s1_...` is about rule S1.
//!
//! Every rule is checked in each way to run a program: both engines, without and with optimisation, and
//! executables of both kinds. What the tests know is the contract; they know nothing of how it is kept.

#[path = "../support/mod.rs"]
mod support;

mod cells;
mod delivery;
mod faults;
mod limits;
mod loops;
mod syntax;
