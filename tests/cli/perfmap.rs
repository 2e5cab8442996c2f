//! `run --perf-map`: names for all machine code, where perf looks for them.

use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;

use super::debuginfo::gdb;
use super::support::{Outcome, PROGRAM, Workspace, binary};

/// A name in the map.
struct Symbol {
    code: Range<u64>,
    name: String,
}

/// The map of this process, sorted by address; it is removed. Names of different code must not overlap.
#[track_caller]
fn map_of(process: u32) -> Vec<Symbol> {
    let path = format!("/tmp/perf-{process}.map");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    std::fs::remove_file(&path).unwrap();
    assert!(text.ends_with('\n'), "{text}");
    let number = |digits: &str| u64::from_str_radix(digits, 16).unwrap_or_else(|_| panic!("{digits}\n{text}"));
    let symbol = |line: &str| {
        let words: Vec<_> = line.splitn(3, ' ').collect();
        let [start, bytes, name] = words[..] else { panic!("{line}") };
        Symbol { code: number(start)..number(start) + number(bytes), name: name.to_owned() }
    };
    let mut symbols: Vec<_> = text.lines().map(symbol).collect();
    symbols.sort_by_key(|symbol| symbol.code.start);
    assert!(symbols.iter().all(|symbol| !symbol.code.is_empty()), "{text}");
    assert!(symbols.windows(2).all(|pair| pair[0].code.end <= pair[1].code.start), "{text}");
    symbols
}

/// The map of a process that ran with `-v`, which tells its number.
#[track_caller]
fn map_named_in(outcome: &Outcome) -> Vec<Symbol> {
    let (_, rest) = outcome.stderr.split_once("/tmp/perf-").unwrap_or_else(|| panic!("{outcome}"));
    map_of(rest.split('.').next().unwrap().parse().unwrap())
}

fn names(symbols: &[Symbol]) -> Vec<&str> {
    let mut names: Vec<_> = symbols.iter().map(|symbol| symbol.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// A loop that reads, writes, scans and counts, in one that ends with the input, in lines 2 and 3.
const CODE: &str = ">+>+<\n[>[>]<[<]>>,.\n[->>++[-<+>]<<]\n<+]";

/// How far the code of one function may be from that of the next, in bytes: they are aligned.
const ALIGNMENT: usize = 64;

#[test]
fn names_cover_the_code_in_memory() {
    for (engine, level, expected) in [
        ("--engine=baseline", "-O2", &["bf:2:1 loop (baseline)", "bf:scan to the left (baseline)"][..]),
        ("--engine=baseline", "-O0", &["bf:2:1 loop (baseline)", "bf:3:1 loop (baseline)", "bf:program (baseline)"]),
        ("--engine=llvm", "-O2", &["bf:2:1 loop (llvm)", "bf:program (llvm)"]),
        ("--tier-threshold=0", "-O0", &["bf:2:1 loop (baseline)", "bf:2:1 loop (llvm)", "bf:count is up (baseline)"]),
    ] {
        let workspace = Workspace::with(CODE);
        let mut run = workspace.bfllvm(["run", "--perf-map", level, engine, PROGRAM]).start();
        run.send(b"A");
        run.delivers(b"A");
        run.blocks();
        let maps = std::fs::read_to_string(format!("/proc/{}/maps", run.id())).unwrap();
        let memory = File::open(format!("/proc/{}/mem", run.id())).unwrap();
        let symbols = map_of(run.id());
        for name in expected {
            assert!(names(&symbols).contains(name), "{engine}: no {name} in {:?}", names(&symbols));
        }
        // What is executable and of no file was made by us, but for the kernel's own code.
        let mut covered = 0;
        for line in maps.lines().filter(|line| line.contains(" r-xp ") && line.split_whitespace().count() == 5) {
            let (start, end) = line.split(' ').next().unwrap().split_once('-').unwrap();
            let [start, end] = [start, end].map(|digits| u64::from_str_radix(digits, 16).unwrap());
            let within: Vec<_> = symbols.iter().filter(|symbol| (start..end).contains(&symbol.code.start)).collect();
            assert_eq!(within.first().map(|symbol| symbol.code.start), Some(start), "{engine}: {line}");
            let ends = within.iter().skip(1).map(|next| next.code.start).chain([end]);
            for (symbol, next) in within.iter().zip(ends) {
                let mut gap = vec![0; next.checked_sub(symbol.code.end).unwrap() as usize];
                memory.read_exact_at(&mut gap, symbol.code.end).unwrap();
                let is_empty = gap.len() < ALIGNMENT || gap.iter().all(|&byte| byte == 0);
                assert!(is_empty, "{engine}: code without a name behind {} in {line}", symbol.name);
            }
            covered += within.len();
        }
        assert_eq!(covered, symbols.len(), "{engine}: names of no code, in\n{maps}");
        run.signal(libc::SIGTERM);
        run.end().ends(143);
    }
}

/// Runs off the tape in the loop at 3:2, in the one at 2:1.
const FAULT: &str = "+\n[>+\n [>+]\n]";

#[test]
fn names_are_those_of_the_loops() {
    let bfllvm = binary();
    let commands = "handle SIGSEGV stop print nopass\nrun\nprintf \"at %lx\\n\", (long) $pc\n\
        python print('process', gdb.selected_inferior().pid)\n";
    for (engine, name) in [
        ("--engine=baseline", "bf:3:2 loop (baseline)"),
        ("--engine=llvm", "bf:program (llvm)"),
        ("--tier-threshold=0", "bf:2:1 loop (llvm)"),
    ] {
        let workspace = Workspace::with(FAULT);
        let lines = gdb(&workspace, &[bfllvm, "run", "--perf-map", "-O0", engine, PROGRAM], commands);
        let word = |start: &str| {
            let line = lines.iter().find_map(|line| line.strip_prefix(start));
            line.unwrap_or_else(|| panic!("no {start}:\n{}", lines.join("\n"))).split(' ').next().unwrap()
        };
        let address = u64::from_str_radix(word("at "), 16).unwrap();
        let symbols = map_of(word("process ").parse().unwrap());
        let symbol = symbols.iter().find(|symbol| symbol.code.contains(&address));
        assert_eq!(symbol.map(|symbol| symbol.name.as_str()), Some(name), "{engine}: {address:x}");
    }
}

#[test]
fn names_are_complete_however_the_run_ends() {
    let runs =
        [("+[-]", "-O0", 0), (FAULT, "-O0", 3), ("+[[>+<-]+]", "--timeout=0.2", 4), ("+[.]", "--max-output=5", 4)];
    for (code, option, status) in runs {
        let options = ["run", "-v", "--perf-map", "--tier-threshold=0", option, PROGRAM];
        let outcome = Workspace::with(code).bfllvm(options).run("");
        outcome.ends(status);
        let symbols = map_named_in(&outcome);
        for tier in ["(baseline)", "(llvm)"] {
            assert!(names(&symbols).iter().any(|name| name.ends_with(tier)), "{outcome}\n{:?}", names(&symbols));
        }
    }
}

#[test]
fn code_that_takes_over_late_has_names() {
    // Counts down four cells again and again; what is hot is found out while it runs.
    let code = "+[>-[>-[>-[>-[-]<-]<-]<-]<]";
    let workspace = Workspace::with(code);
    let options = ["run", "-O0", "--perf-map", "--tier-threshold=1000", "--tier-delay=100", PROGRAM];
    let mut run = workspace.bfllvm(options).start();
    let process = run.id();
    let map = || std::fs::read_to_string(format!("/tmp/perf-{process}.map")).unwrap_or_default();
    run.works_until("LLVM's code is named", || map().contains("loop (llvm)\n"));
    run.signal(libc::SIGKILL);
    assert_eq!(run.end().code(), None);
    let symbols = map_of(process);
    assert!(names(&symbols).contains(&"bf:1:2 loop (baseline)"), "{:?}", names(&symbols));
}

#[test]
fn the_reference_has_no_code_to_name() {
    let outcome = Workspace::with("+").bfllvm(["run", "--perf-map", "--engine=reference", PROGRAM]).run("");
    outcome.ends(2).mentions(&["--perf-map describes machine code", "--engine=baseline"]);
}
