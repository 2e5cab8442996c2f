//! How the command line tool is linked: see `.cargo/config.toml` for the static one.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_ENV").as_deref() == Ok("musl") {
        return;
    }
    // At a fixed address nothing in it has to be relocated when it starts: a tenth of the time that a short program
    // takes. The code that it generates, its stack and its heap are where the system puts them.
    println!("cargo::rustc-link-arg-bins=-no-pie");
}
