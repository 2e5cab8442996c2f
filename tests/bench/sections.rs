//! The sections that are no programs against peers, and what they are made of.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::harness::Verdict;
use super::harness::machine::date;
use super::harness::peak::peak_kib;
use super::harness::statistics::{geometric_mean, median, minimum, spread};
use super::{Corpus, Measured, PRINTS_A};

fn sections(names: &str, words: &[&str]) -> Measured {
    Corpus::with([]).sections(names, words)
}

#[test]
fn starts_are_compared_with_a_process_that_does_nothing() {
    let corpus = Corpus::with([]);
    let hello = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/hello.out");
    let peers = [corpus.peer("slow", &format!("sleep 0.4; cat {hello}")), corpus.peer("wrong", "echo Hi")].join(";");
    let measured = corpus.sections("startup", &["--batch", "3", "--runs", "2", "--peers", &peers]);
    assert_eq!(measured.verdict, Verdict::Wrong);
    let startup = &measured.json["startup"];
    assert_eq!(startup["base"], "empty");
    let candidates = &startup["rows"][0]["candidates"];
    for name in ["empty", "run", "executable", "slow"] {
        assert_eq!(candidates[name]["runs_ms"].as_array().map(Vec::len), Some(2), "{candidates:#}");
    }
    assert_eq!(candidates["empty"]["ratio"], 1.0);
    // A batch of three counts with its mean.
    let slow = candidates["slow"]["minimum_ms"].as_f64().unwrap();
    assert!((400.0..1200.0).contains(&slow), "{candidates:#}");
    assert!(candidates["slow"]["ratio"].as_f64().unwrap() > 1.0, "{candidates:#}");
    assert_eq!(candidates["wrong"]["outcome"], "different", "{candidates:#}");
    assert!(measured.markdown.contains("| wrong | DIFFERENT | - | - | - |"), "{}", measured.markdown);
}

#[test]
fn memory_is_that_of_the_process() {
    let peak = |words: &[&str]| {
        let words: Vec<_> = words.iter().map(OsString::from).collect();
        peak_kib(&words, None, Duration::from_secs(60))
    };
    let small = peak(&["true"]).unwrap();
    assert!((100..20_000).contains(&small), "{small}");
    let large = peak(&["dd", "if=/dev/zero", "of=/dev/null", "bs=64M", "count=1"]).unwrap();
    assert!((65_536..65_536 + 20_000).contains(&large), "{large}");
    assert!(peak(&["/nonexistent/program"]).unwrap_err().to_string().contains("cannot start `/nonexistent/program`"));
    let words = ["sleep", "4000"].map(OsString::from);
    assert_eq!(peak_kib(&words, None, Duration::from_millis(100)).unwrap_err().to_string(), "timeout");
}

#[test]
fn memory_counts_only_for_who_does_the_work() {
    let corpus = Corpus::with([]);
    let hello = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/hello.out");
    let peers = format!("right=sh -c 'cat {hello}' {{}}; wrong=echo {{}}");
    let measured = corpus.sections("memory", &["--peers", &peers]);
    assert_eq!(measured.verdict, Verdict::Wrong);
    let rows = measured.json["memory"].as_array().unwrap();
    let names: Vec<_> = rows.iter().map(|row| row["candidate"].as_str().unwrap()).collect();
    assert_eq!(names, ["empty", "run", "executable", "right", "wrong"]);
    let is_known: Vec<_> = rows.iter().map(|row| row["peak_kib"].as_f64().is_some_and(|kib| kib > 4.0)).collect();
    assert_eq!(is_known, [true, true, true, true, false], "{rows:#?}");
}

#[test]
fn copying_is_tried_before_it_is_timed() {
    let corpus = Corpus::with([]);
    let peers = "right=sh -c 'exec cat' {} {eof}; short=head -c 999999 {in} {eof:0=} {}; untold=cat {}";
    let words = ["--copy-bytes", "3000000", "--runs", "2", "--base", "run", "--peers", peers];
    let measured = corpus.sections("copy", &words);
    assert_eq!(measured.verdict, Verdict::Wrong);
    let copy = &measured.json["copy"];
    assert_eq!(copy["bytes"], 3_000_000);
    let candidates = &copy["rows"][0]["candidates"];
    let outcome = |name: &str| candidates[name]["outcome"].as_str().unwrap().to_owned();
    assert_eq!(["run", "executable", "right"].map(outcome), ["timed", "timed", "timed"], "{candidates:#}");
    assert_eq!(["short", "untold"].map(outcome), ["different", "unable"], "{candidates:#}");
    // 3 MB in so many ms.
    let speed = 3.0 / candidates["right"]["median_ms"].as_f64().unwrap();
    let line = measured.markdown.lines().find(|line| line.starts_with("| right | ")).unwrap();
    let told: f64 = line.trim_end_matches(" |").rsplit(' ').next().unwrap().parse().unwrap();
    assert!((told / speed - 1.0).abs() < 0.02, "{line}: {speed}");
}

#[test]
fn the_front_end_is_timed_at_three_sizes() {
    let measured = sections("frontend", &["--source-bytes", "40000"]);
    assert_eq!(measured.verdict, Verdict::Right);
    let rows = measured.json["frontend"].as_array().unwrap();
    assert_eq!(rows.len(), 8);
    let number = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("{rows:#?}"));
    for row in rows {
        let sizes = row["sizes"].as_array().unwrap();
        let bytes: Vec<_> = sizes.iter().map(|size| number(&size["bytes"])).collect();
        assert!(bytes.iter().zip([10_000.0, 20_000.0, 40_000.0]).all(|(is, wanted)| (is - wanted).abs() < 100.0));
        let speeds: Vec<_> = sizes.iter().map(|size| number(&size["megabytes_a_second"])).collect();
        for (speed, size) in speeds.iter().zip(sizes) {
            let expected = number(&size["bytes"]) / 1e6 / number(&size["seconds"]);
            assert!(*speed > 0.0 && (speed / expected - 1.0).abs() < 1e-9);
        }
        assert!((number(&row["growth"]) - speeds[0] / speeds[2]).abs() < 1e-9);
    }
}

#[test]
fn without_a_choice_all_sections_are_measured_once() {
    let corpus = Corpus::with([("a.b", PRINTS_A)]);
    let arguments = ["--runs", "1", "--batch", "1", "--copy-bytes", "1000", "--source-bytes", "1000"];
    let mut tables = Vec::new();
    let verdict = super::harness::run(&corpus.arguments(&arguments), &mut tables).unwrap();
    assert_eq!(verdict, Verdict::Right);
    let tables = String::from_utf8(tables).unwrap();
    let titles: Vec<_> = tables.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    assert_eq!(titles, ["Programs", "Start-up", "Memory", "Copying", "Front end"]);
}

#[test]
fn a_chart_needs_programs() {
    let corpus = Corpus::with([]);
    let svg = corpus.path("chart.svg");
    let given = ["--only", "frontend", "--source-bytes", "1000", "--svg", svg.to_str().unwrap()];
    let error = super::harness::run(&corpus.arguments(&given), &mut Vec::new()).unwrap_err();
    assert!(error.to_string().contains("--svg"), "{error}");
    assert!(!Path::new(&svg).exists());
}

#[test]
fn statistics() {
    assert_eq!([median(&[]), median(&[3.0, 1.0, 2.0]), median(&[4.0, 1.0])], [None, Some(2.0), Some(2.5)]);
    assert_eq!((minimum(&[3.0, 1.0, 2.0]), minimum(&[])), (Some(1.0), None));
    assert_eq!([spread(&[4.0]), spread(&[4.0, 5.0, 2.0])], [None, Some(0.75)]);
    let mean = geometric_mean(&[0.5, 8.0]).unwrap();
    assert!((mean - 2.0).abs() < 1e-12 && geometric_mean(&[]).is_none(), "{mean}");
}

#[test]
fn days_are_counted_with_leap_years() {
    for (seconds, expected) in [
        (0, "1970-01-01 00:00 UTC"),
        (951_782_399, "2000-02-28 23:59 UTC"),
        (951_782_400, "2000-02-29 00:00 UTC"),
        (1_709_251_200, "2024-03-01 00:00 UTC"),
        (1_798_761_599, "2026-12-31 23:59 UTC"),
        (4_107_542_400, "2100-03-01 00:00 UTC"),
    ] {
        assert_eq!(date(seconds), expected);
    }
}
