//! The command line: what it takes, what it refuses, what it makes, and what it says.

#[path = "../support/mod.rs"]
mod support;

mod build;
mod check;
mod compare;
mod debug;
mod debuginfo;
mod emit;
mod explain;
mod json;
mod large;
mod messages;
mod observe;
mod perfmap;
mod profile;
mod robustness;
mod trial;
mod usage;
mod verify;
mod versions;
