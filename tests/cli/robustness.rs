//! Whatever a file holds: an answer, and never a crash.

use super::support::{Outcome, RUNS, Way, every_way};

/// How many programs of each sort are tried.
const TRIES: u64 = 100;

#[test]
fn an_empty_program_does_nothing() {
    for code in ["", "\n", "no commands at all"] {
        for program in every_way(code, &[]) {
            program.run("ignored").ends(0).prints("").says("");
        }
    }
}

#[test]
fn random_bytes_are_a_program_or_an_error() {
    for seed in 0..TRIES {
        let mut random = Random(seed);
        let length = random.below(400);
        let code: Vec<u8> = (0..length).map(|_| random.below(256) as u8).collect();
        answers(&code, seed);
    }
}

#[test]
fn random_commands_are_a_program_or_an_error() {
    for seed in 0..TRIES {
        let mut random = Random(seed);
        let length = random.below(200);
        let code: Vec<u8> = (0..length).map(|_| b"+-<>+-<>.,[]#!"[random.below(14)]).collect();
        answers(&code, seed);
    }
}

#[test]
fn random_programs_are_run_alike() {
    for seed in 0..TRIES {
        answers(&balanced(&mut Random(seed)), seed);
    }
}

/// A program with matching brackets, much like those that people write.
fn balanced(random: &mut Random) -> Vec<u8> {
    let mut code = Vec::new();
    let mut depth = 0;
    for _ in 0..random.below(120) {
        match random.below(16) {
            0 | 1 => {
                code.push(b'[');
                depth += 1;
            }
            2 | 3 if depth > 0 => {
                code.extend(if random.below(4) == 0 { &b"]"[..] } else { b"-]" });
                depth -= 1;
            }
            4 => code.push(b'.'),
            5 => code.push(b','),
            6 => code.push(b'<'),
            7 | 8 => code.push(b'>'),
            9 => code.extend(b"[-]"),
            10 => code.extend(b"[->+<]"),
            11 => code.extend(b"[>]"),
            12 => code.push(b'-'),
            _ => code.push(b'+'),
        }
    }
    code.extend("]".repeat(depth).bytes());
    code
}

/// Runs `code` with both engines, and checks that the answers are of the kind they may be, and agree.
#[track_caller]
fn answers(code: &[u8], seed: u64) {
    let run = |way: Way, timeout| way.of(code, &[timeout, "--max-output=1000", "--tape=4096"]).run("some input\0");
    let mut outcomes = RUNS.map(|way| (way, run(way, "--timeout=0.1")));
    if outcomes.iter().any(|(_, outcome)| outcome.code() == Some(4))
        && outcomes.iter().any(|(_, outcome)| outcome.code() == Some(0))
    {
        // One of them may just have had to wait for the processor.
        outcomes = RUNS.map(|way| (way, run(way, "--timeout=10")));
    }
    let (_, reference) = &outcomes[2];
    for (way, outcome) in &outcomes {
        let context = || format!("seed {seed}, {way:?}: {:?}\n{outcome}", String::from_utf8_lossy(code));
        // The program ended, has an error, left the tape, or reached a limit. Not 101, and no signal.
        assert!(matches!(outcome.code(), Some(0 | 1 | 3 | 4)), "{}", context());
        assert_eq!(outcome.stderr.is_empty(), outcome.code() == Some(0), "{}", context());
        agrees(outcome, reference, *way, &context);
    }
}

/// The contract's rule on faults (S5) lets optimised runs be longer than the reference's, never shorter.
/// A run that the clock ended says nothing.
#[track_caller]
fn agrees(outcome: &Outcome, reference: &Outcome, way: Way, context: &dyn Fn() -> String) {
    match reference.code() {
        Some(0 | 1) => {
            assert_eq!(outcome.code(), reference.code(), "{}\n{reference}", context());
            assert_eq!(outcome.stdout, reference.stdout, "{}\n{reference}", context());
        }
        Some(3) if way == RUNS[0] => {
            assert_eq!(outcome.code(), Some(3), "{}\n{reference}", context());
            assert_eq!(outcome.stdout, reference.stdout, "{}\n{reference}", context());
        }
        Some(3) => assert!(outcome.stdout.starts_with(&reference.stdout), "{}\n{reference}", context()),
        _ => {}
    }
}

/// Numbers that look random and are the same each time: splitmix64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}
