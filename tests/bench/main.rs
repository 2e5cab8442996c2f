//! The benchmark harness, held to what it promises: with peers that are scripts and do one thing each.

// The tests are about its parts, and not all of them.
#[allow(dead_code)]
#[path = "../../benches/speed/harness/mod.rs"]
mod harness;

mod contest;
mod input;
mod sections;
mod tables;

use std::path::PathBuf;

use clap::Parser as _;
use harness::Verdict;
use harness::arguments::Arguments;
use serde_json::Value;
use tempfile::TempDir;

/// Prints `A`, and takes no time.
const PRINTS_A: &str = "++++++++[>++++++++<-]>+.";

/// A directory with programs in it, and the place for what is written about them.
struct Corpus {
    directory: TempDir,
}

/// What a measurement left behind.
struct Measured {
    verdict: Verdict,
    markdown: String,
    json: Value,
    svg: String,
}

impl Corpus {
    fn with<const N: usize>(files: [(&str, &str); N]) -> Corpus {
        let corpus = Corpus { directory: TempDir::new().expect("a directory for the test") };
        for (name, content) in files {
            std::fs::write(corpus.path(name), content).expect("a file for the test");
        }
        corpus
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// A peer that is a script; `$1` is the program's file, `$2` the directory.
    fn peer(&self, name: &str, script: &str) -> String {
        let file = format!("{name}.sh");
        std::fs::write(self.path(&file), script).expect("a file for the test");
        format!("{name}=sh {} {{}} {}", self.path(&file).display(), self.directory.path().display())
    }

    fn arguments(&self, words: &[&str]) -> Arguments {
        let corpus = self.directory.path().to_str().unwrap();
        let given = ["speed", "--corpus", corpus].into_iter().chain(words.iter().copied());
        Arguments::try_parse_from(given).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Measures the programs with these arguments, JSON and chart included.
    fn programs(&self, words: &[&str]) -> Measured {
        self.sections("programs", words)
    }

    fn sections(&self, sections: &str, words: &[&str]) -> Measured {
        let (json, svg) = (self.path("report.json"), self.path("report.svg"));
        let mut given = vec!["--only", sections, "--json", json.to_str().unwrap()];
        if sections.contains("programs") {
            given.extend(["--svg", svg.to_str().unwrap()]);
        }
        given.extend(words);
        let mut tables = Vec::new();
        let verdict = harness::run(&self.arguments(&given), &mut tables).unwrap_or_else(|error| panic!("{error:#}"));
        Measured {
            verdict,
            markdown: String::from_utf8(tables).unwrap(),
            json: serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap(),
            svg: std::fs::read_to_string(svg).unwrap_or_default(),
        }
    }

    /// Why nothing can be measured.
    fn refusal(&self, words: &[&str]) -> String {
        let given = [&["--only", "programs"], words].concat();
        match harness::run(&self.arguments(&given), &mut Vec::new()) {
            Ok(verdict) => panic!("{verdict:?} with {words:?}"),
            Err(error) => format!("{error:#}"),
        }
    }
}

impl Measured {
    /// What came of a candidate, in the first row.
    fn entry(&self, candidate: &str) -> &Value {
        let entry = &self.json["programs"]["rows"][0]["candidates"][candidate];
        assert!(entry.is_object(), "{candidate} in {:#}", self.json);
        entry
    }

    fn outcome(&self, candidate: &str) -> &str {
        self.entry(candidate)["outcome"].as_str().unwrap()
    }

    /// A time of a candidate, in the first row.
    fn number(&self, candidate: &str, member: &str) -> f64 {
        self.entry(candidate)[member].as_f64().unwrap_or_else(|| panic!("{member} in {:#}", self.json))
    }
}
