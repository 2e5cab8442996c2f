//! How fast programs run: `make bench`, or `cargo bench --bench speed -- --help`.

use std::process::ExitCode;

mod harness;

fn main() -> ExitCode {
    harness::main()
}
