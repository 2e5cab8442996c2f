//! What comes of candidates: right, wrong, slow, hanging, failing.

use super::harness::Verdict;
use super::{Corpus, PRINTS_A};

#[test]
fn a_wrong_output_is_found_and_has_no_time() {
    let corpus = Corpus::with([("a.b", PRINTS_A), ("b.bf", PRINTS_A)]);
    let peers = format!("{};{}", corpus.peer("wrong", "printf AB"), corpus.peer("right", "printf A"));
    let measured = corpus.programs(&["--runs", "2", "--peers", &peers]);
    assert_eq!(measured.verdict, Verdict::Wrong);
    let wrong = measured.entry("wrong");
    assert_eq!((&wrong["outcome"], &wrong["different_at"]), (&"different".into(), &1.into()), "{wrong:#}");
    for member in ["median_ms", "minimum_ms", "spread", "ratio"] {
        assert!(wrong[member].is_null(), "{wrong:#}");
    }
    for candidate in ["run", "executable", "right"] {
        assert_eq!(measured.outcome(candidate), "timed", "{:#}", measured.json);
        assert_eq!(measured.entry(candidate)["runs_ms"].as_array().unwrap().len(), 2, "{:#}", measured.json);
    }
    // The base is the first peer, so no ratio is to anything.
    assert!(measured.json["programs"]["geometric_means"]["right"].is_null(), "{:#}", measured.json);
    for program in ["a", "b"] {
        let complaint = format!("**WRONG**: {program}: wrong: its output is not that of run, from byte 1 on");
        assert!(measured.markdown.contains(&complaint), "{}", measured.markdown);
    }
    assert_eq!(measured.markdown.matches("| DIFFERENT |").count(), 2, "{}", measured.markdown);
}

#[test]
fn an_output_that_turns_wrong_later_is_found() {
    let corpus = Corpus::with([("a.b", PRINTS_A)]);
    let script = "echo >> $2/count; if [ $(wc -l < $2/count) -lt 3 ]; then printf A; else printf B; fi";
    let measured = corpus.programs(&["--runs", "4", "--peers", &corpus.peer("late", script)]);
    assert_eq!((measured.verdict, measured.outcome("late")), (Verdict::Wrong, "different"));
    assert_eq!(std::fs::read_to_string(corpus.path("count")).unwrap().lines().count(), 3, "it is not run again");
}

#[test]
fn what_the_program_has_to_print_is_in_a_file() {
    let corpus = Corpus::with([("a.b", PRINTS_A), ("a.out", "B")]);
    let measured = corpus.programs(&["--runs", "1", "--peers", &corpus.peer("right", "printf B")]);
    assert_eq!(measured.verdict, Verdict::Wrong);
    let outcomes = ["run", "executable", "right"].map(|candidate| measured.outcome(candidate));
    assert_eq!(outcomes, ["different", "different", "timed"]);
    let reference = measured.json["programs"]["rows"][0]["reference"].as_str().unwrap();
    assert!(reference.ends_with("a.out"), "{reference}");
}

#[test]
fn one_that_hangs_is_ended_with_its_children() {
    let corpus = Corpus::with([("a.b", PRINTS_A)]);
    let peer = corpus.peer("hangs", "sleep 4000 & echo $! $$ >> $2/processes; wait");
    let measured =
        corpus.programs(&["--timeout", "4", "--runs", "3", "--ours", "run=run", "--base", "run", "--peers", &peer]);
    assert_eq!((measured.verdict, measured.outcome("hangs")), (Verdict::Right, "timeout"));
    assert!(measured.entry("hangs")["median_ms"].is_null(), "{:#}", measured.json);
    assert!(measured.markdown.contains("| timeout |"), "{}", measured.markdown);
    assert_eq!(measured.outcome("run"), "timed");
    assert!(measured.json["programs"]["geometric_means"]["hangs"].is_null(), "{:#}", measured.json);
    let processes = std::fs::read_to_string(corpus.path("processes")).unwrap();
    assert_eq!(processes.lines().count(), 1, "it is not run again");
    for process in processes.split_whitespace() {
        let state = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        let is_gone = state.is_empty() || state.contains(") Z ");
        assert!(is_gone, "{state}");
    }
}

#[test]
fn what_a_hanging_one_printed_has_to_be_right() {
    let corpus = Corpus::with([("a.b", PRINTS_A)]);
    let peers = format!(
        "{};{}",
        corpus.peer("wrong", "printf B; exec sleep 4000"),
        corpus.peer("right", "printf A; exec sleep 4000")
    );
    let measured =
        corpus.programs(&["--timeout", "4", "--runs", "1", "--ours", "run=run", "--base", "run", "--peers", &peers]);
    assert_eq!([measured.outcome("wrong"), measured.outcome("right")], ["different", "timeout"]);
}

#[test]
fn one_that_sleeps_has_a_ratio_above_1() {
    let corpus = Corpus::with([("a.b", PRINTS_A), ("b.b", PRINTS_A), ("c.b", PRINTS_A)]);
    let sleeper = corpus.peer("sleeper", "sleep 0.4; printf A");
    let broken = corpus.peer("broken", "case $1 in */a.b) printf B;; *) printf A;; esac");
    let peers = format!("{sleeper};{broken}");
    let measured = corpus.programs(&["--runs", "3", "--base", "executable", "--peers", &peers]);
    assert!(measured.number("sleeper", "minimum_ms") >= 400.0, "{:#}", measured.json);
    let ratio = measured.number("sleeper", "median_ms") / measured.number("executable", "median_ms");
    assert!(ratio > 1.0, "{:#}", measured.json);
    assert!((measured.number("sleeper", "ratio") / ratio - 1.0).abs() < 1e-9, "{:#}", measured.json);
    let means = &measured.json["programs"]["geometric_means"];
    assert!(means["sleeper"]["ratio"].as_f64().unwrap() > 1.0, "{means:#}");
    let counts = ["sleeper", "broken"].map(|name| means[name]["programs"].as_u64().unwrap());
    assert_eq!(counts, [3, 2], "only programs that both can do count\n{means:#}");
    assert!(means.get("executable").is_none(), "{means:#}");
}

#[test]
fn one_that_fails_has_no_time_and_last_words() {
    let corpus = Corpus::with([("a.b", PRINTS_A)]);
    let peers = [
        corpus.peer("status", "printf A; echo 'first' >&2; echo 'no such luck' >&2; exit 7"),
        corpus.peer("signal", "printf A; kill -SEGV $$"),
    ];
    let measured = corpus.programs(&["--runs", "1", "--base", "run", "--peers", &peers.join("\n")]);
    assert_eq!(measured.verdict, Verdict::Wrong);
    for (peer, why) in [("status", "exit status 7: no such luck"), ("signal", "killed by signal 11")] {
        let entry = measured.entry(peer);
        assert_eq!((&entry["outcome"], &entry["why"]), (&"failed".into(), &why.into()), "{entry:#}");
        assert!(entry["median_ms"].is_null(), "{entry:#}");
        assert!(measured.markdown.contains(&format!("**WRONG**: a: {peer}: {why}")), "{}", measured.markdown);
    }
}

#[test]
fn where_ours_fails_a_peer_is_the_reference() {
    let corpus = Corpus::with([("a.b", "+.<+")]);
    let peers = [corpus.peer("one", "printf A"), corpus.peer("other", "printf B")].join(";");
    let measured = corpus.programs(&["--runs", "1", "--peers", &peers]);
    assert_eq!(measured.verdict, Verdict::Wrong);
    let outcomes = ["run", "executable", "one", "other"].map(|candidate| measured.outcome(candidate));
    assert_eq!(outcomes, ["failed", "failed", "timed", "different"]);
    assert!(
        measured.entry("run")["why"].as_str().unwrap().starts_with("exit status 3: error: tape fault"),
        "{:#}",
        measured.json
    );
}

#[test]
fn output_without_end_is_cut_off() {
    let corpus = Corpus::with([("a.b", "+[.]")]);
    let measured = corpus.programs(&["--runs", "1", "--ours", "run=run"]);
    assert_eq!((measured.verdict, measured.outcome("run")), (Verdict::Right, "flood"));
    assert!(measured.json["programs"]["rows"][0]["reference"].is_null(), "{:#}", measured.json);
}

#[test]
fn candidates_take_turns_and_each_goes_first() {
    let corpus = Corpus::with([("a.b", PRINTS_A)]);
    let peers = ["x", "y", "z"].map(|name| corpus.peer(name, &format!("printf {name} >> $2/order; printf A")));
    corpus.programs(&["--runs", "3", "--ours", "run=run", "--peers", &peers.join(";")]);
    let order = std::fs::read_to_string(corpus.path("order")).unwrap();
    // One to warm up; with `run`, four take turns.
    assert_eq!(order, "xyz xyz yzx zxy".replace(' ', ""));
}

#[test]
fn programs_run_on_the_processors_that_are_named() {
    // SAFETY: all zeroes is a valid set, and the pointer is to a whole one.
    let allowed = unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &raw mut set);
        (0..libc::CPU_SETSIZE as usize).filter(|&number| libc::CPU_ISSET(number, &set)).collect::<Vec<_>>()
    };
    let last = allowed.last().unwrap().to_string();
    // Prints nothing, so that the peer's output is what it has found.
    let corpus = Corpus::with([("a.b", "+"), ("a.out", &format!("{last}\n"))]);
    let peer = corpus.peer("bound", "sed -n 's/Cpus_allowed_list:\\t//p' /proc/self/status");
    let measured = corpus.programs(&["--runs", "1", "--cpus", &last, "--peers", &peer]);
    assert_eq!(measured.outcome("bound"), "timed", "{:#}", measured.json);
    assert_eq!(measured.json["cpus"].to_string(), format!("[{last}]"));
    // The harness itself is not bound afterwards.
    let status = std::fs::read_to_string("/proc/thread-self/status").unwrap();
    let bound = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:\t")).unwrap();
    assert!(allowed.len() == 1 || bound != last, "{bound}");
    assert!(corpus.refusal(&["--cpus", "1000"]).contains("no processors"));
}
