//! Counts what Tritium's optimiser leaves, through its tree interpreter, which notes for every node of its tree how often it
//! was executed and prints that with `-v -v -v`.
//!
//! A node does at most what two of our operations do (`a = n + b * c + d * e`). The end of a loop counts in every iteration, as
//! with us; the end of a condition counts too if its body was run, and is left out here, as with us.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use bfllvm::dialect::CellWidth;

/// The program, and how many seconds of processor time it is given.
pub struct Tritium<'p> {
    pub path: &'p Path,
    pub limit: u64,
}

/// What its optimiser has left of a program.
pub struct Left {
    pub executed: u64,
    pub output: Vec<u8>,
}

impl Tritium<'_> {
    /// Runs `program`.
    ///
    /// # Errors
    /// Why nothing was counted.
    pub fn run(&self, program: &Path, input: &[u8], width: CellWidth) -> Result<Left, String> {
        let mut child = Command::new("sh")
            .args(["-c", "ulimit -t \"$0\" && exec \"$@\""])
            .arg(self.limit.to_string())
            .arg(self.path)
            .args(["-r", "-n", "-v", "-v", "-v", &format!("-b{}", width.bits())])
            .arg(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{}: {error}", self.path.display()))?;
        let (mut stdin, input) = (child.stdin.take().expect("a pipe"), input.to_vec());
        // The program may end without reading its input.
        let writer = std::thread::spawn(move || _ = stdin.write_all(&input));
        let outcome = child.wait_with_output().map_err(|error| error.to_string())?;
        _ = writer.join();
        if !outcome.status.success() {
            return Err(format!("not in {} s", self.limit));
        }
        let report = String::from_utf8_lossy(&outcome.stderr);
        let executed = executed(&report).ok_or("no profile")?;
        Ok(Left { executed, output: outcome.stdout })
    }
}

/// The sum over the nodes of the last tree that the report shows.
fn executed(report: &str) -> Option<u64> {
    if report.contains("Nothing left to run") {
        // Nothing but text: each node is executed once.
        let nodes = report.rsplit_once("Total nodes ")?.1;
        return nodes.split(',').next()?.parse().ok();
    }
    let tree = report.rsplit_once("Whole tree dump")?.1;
    let counts = tree.lines().filter(|line| !line.trim_start().starts_with("T_ENDIF")).map(|line| {
        let count = line.split_once(", prof ").and_then(|(_, rest)| rest.split(',').next());
        // Counters of 32 bits, printed with a sign.
        count.and_then(|count| count.parse::<i32>().ok()).map_or(0, |count| u64::from(count as u32))
    });
    Some(counts.sum())
}
