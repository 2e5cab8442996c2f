//! `build`: executables, their names, and the linker.

use std::os::unix::fs::PermissionsExt as _;

use super::support::{PROGRAM, Workspace};

/// Prints `Hello World!` and a newline.
const HELLO: &str =
    "++++++++[>++++[>++>+++>+++>+<<<<-]>+>+>->>+[<]<-]>>.>---.+++++++..+++.>>.<-.<.+++.------.--------.>>+.>++.";

/// The size that a small program may have without the C library, in bytes.
const SMALL: u64 = 10 << 10;

/// The types of the program headers of a 64-bit ELF file.
fn program_headers(elf: &[u8]) -> Vec<u32> {
    let number = |at: usize, bytes: usize| elf[at..at + bytes].iter().rev().fold(0, |n, &b| n << 8 | usize::from(b));
    assert_eq!(&elf[..5], b"\x7fELF\x02", "no 64-bit ELF file");
    let (table, size, count) = (number(32, 8), number(54, 2), number(56, 2));
    (0..count).map(|index| number(table + index * size, 4) as u32).collect()
}

#[test]
fn a_program_without_the_c_library_is_static_and_small() {
    const PT_DYNAMIC: u32 = 2;
    const PT_INTERP: u32 = 3;
    let workspace = Workspace::with(HELLO);
    for (io, is_dynamic) in [("syscall", false), ("libc", true)] {
        workspace.bfllvm(["build", "--io", io, "-o", io, PROGRAM]).run("").ends(0).prints("").says("");
        workspace.executable(io).run("").ends(0).prints("Hello World!\n").says("");
        let headers = program_headers(&workspace.read(io));
        assert_eq!(headers.contains(&PT_INTERP), is_dynamic, "{io}: {headers:?}");
        assert_eq!(headers.contains(&PT_DYNAMIC), is_dynamic, "{io}: {headers:?}");
    }
    let size = std::fs::metadata(workspace.path("syscall")).unwrap().len();
    assert!(size < SMALL, "{size} bytes");
}

#[test]
fn no_executable_has_a_stack_to_run_code_on() {
    const PT_GNU_STACK: u32 = 0x6474_e551;
    let workspace = Workspace::with("+.");
    for io in ["syscall", "libc"] {
        let outcome = workspace.bfllvm(["build", "--io", io, "-o", io, PROGRAM]).run("");
        outcome.ends(0).says("");
        assert!(program_headers(&workspace.read(io)).contains(&PT_GNU_STACK), "{io}: a stack of the old kind");
    }
}

#[test]
fn code_of_large_programs_is_generated_in_units() {
    // What was read is needed later: little of it goes away.
    let code = format!(",[{}.,]", ">,[->++<<+>]<[->+<]>[>+<-]>.<".repeat(2000));
    let (workspace, input) = (Workspace::with(code), "abcdefgh".repeat(300));
    workspace.write("linker", "#!/bin/sh\nfor word; do echo \"$word\"; done >words; exec cc \"$@\"");
    std::fs::set_permissions(workspace.path("linker"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let expected = workspace.bfllvm(["run", "--engine=reference", "--eof=0", PROGRAM]).run(&input);
    for (options, units) in [(&["-O2"][..], 4), (&["-O0"], 4), (&["-O2", "-g"], 1)] {
        let build = |name: &str| {
            let args = [&["build", "--eof=0", "-o", name], options, &[PROGRAM]].concat();
            workspace.bfllvm(args).env("CC", workspace.path("linker"))
        };
        build("first").run("").ends(0).says("");
        let words = String::from_utf8(workspace.read("words")).unwrap();
        assert_eq!(words.lines().filter(|word| word.ends_with(".o")).count(), units, "{options:?}: {words}");
        workspace.executable("first").run(&input).ends(0).prints(&expected.stdout);
        // The same, however many threads there are.
        build("second").on_one_processor().run("").ends(0);
        assert!(workspace.read("first") == workspace.read("second"), "{options:?}");
    }
}

#[test]
fn an_executable_is_a_file() {
    let workspace = Workspace::with("+.");
    let outcome = workspace.bfllvm(["build", PROGRAM, "-o", "-"]).run("");
    outcome.ends(2).prints("").mentions(&["cannot be written to standard output", "emit obj"]);
    assert_eq!(workspace.names(), [PROGRAM]);
    let outcome = workspace.bfllvm(["build", PROGRAM, "-o", "no/such/place"]).run("");
    outcome.ends(1).says("error: cannot write no/such/place: No such file or directory (os error 2)\n");
}

#[test]
fn the_executable_is_named_after_the_program() {
    let workspace = Workspace::new();
    std::fs::create_dir(workspace.path("sources")).unwrap();
    workspace.write("sources/two.dots.bf", "+.");
    workspace.bfllvm(["build", "sources/two.dots.bf"]).run("").ends(0).prints("").says("");
    // In the current directory, and nothing is left lying about.
    assert_eq!(workspace.names(), ["sources", "two.dots"]);
    workspace.executable("two.dots").run("").ends(0).prints([1]);
}

#[test]
fn the_executable_replaces_what_was_there() {
    let workspace = Workspace::with("+.");
    workspace.write("prog", "old");
    workspace.bfllvm(["build", PROGRAM]).run("").ends(0);
    workspace.executable("prog").run("").ends(0).prints([1]);
    let mode = std::fs::metadata(workspace.path("prog")).unwrap().permissions().mode();
    assert_ne!(mode & 0o111, 0, "{mode:o}");
    // Also while it runs.
    workspace.write(PROGRAM, "++.,.");
    workspace.bfllvm(["build", PROGRAM]).run("").ends(0);
    let running = workspace.executable("prog").start();
    running.delivers(&[2]);
    workspace.write(PROGRAM, "+++.");
    workspace.bfllvm(["build", PROGRAM]).run("").ends(0);
    running.finish().ends(0);
    workspace.executable("prog").run("").ends(0).prints([3]);
}

#[test]
fn an_executable_that_cannot_be_written_is_named() {
    let workspace = Workspace::with("+.");
    std::fs::create_dir(workspace.path("folder")).unwrap();
    for path in ["missing/prog", "folder", "."] {
        let outcome = workspace.bfllvm(["build", "-o", path, PROGRAM]).run("");
        outcome.ends(1).mentions(&["error: cannot write", path.split('/').next().unwrap()]);
    }
    assert_eq!(workspace.names(), ["folder", PROGRAM]);
}

#[test]
fn a_missing_linker_is_named_with_what_to_do() {
    let workspace = Workspace::with("+.");
    let outcome = workspace.bfllvm(["build", PROGRAM]).env("CC", "no-such-compiler").run("");
    outcome.ends(1).mentions(&["error: ", "`no-such-compiler`", "CC", "install"]);
    assert_eq!(workspace.names(), [PROGRAM]);
    // Nothing is no name.
    workspace.bfllvm(["build", PROGRAM]).env("CC", "").run("").ends(0);
    workspace.executable("prog").run("").ends(0).prints([1]);
}

#[test]
fn a_linker_that_fails_is_quoted() {
    let workspace = Workspace::with("+.");
    let script = "#!/bin/sh\necho it will not do >&2\nexit 3\n";
    workspace.write("linker", script);
    std::fs::set_permissions(workspace.path("linker"), std::fs::Permissions::from_mode(0o755)).unwrap();
    workspace.write("prog", "old");
    let outcome = workspace.bfllvm(["build", PROGRAM]).env("CC", workspace.path("linker")).run("");
    outcome.ends(1).mentions(&["error: ", "linker` cannot link the program", "it will not do"]);
    // What was there stays.
    assert_eq!(workspace.names(), ["linker", "prog", PROGRAM]);
    assert_eq!(workspace.read("prog"), b"old");
    // One that says nothing is not quoted.
    let outcome = workspace.bfllvm(["build", "--error-format=short", PROGRAM]).env("CC", "false").run("");
    outcome.ends(1).mentions(&["`false` cannot link the program"]);
    assert!(!outcome.stderr.trim_end().ends_with(':'), "{outcome}");
}

#[test]
fn a_linker_may_be_named_with_options() {
    // As make and most build scripts have it.
    let workspace = Workspace::with("+.");
    workspace.bfllvm(["build", PROGRAM]).env("CC", "cc -O1").run("").ends(0).says("");
    workspace.executable("prog").run("").ends(0).prints([1]);
}
