//! Where the time of a compilation went: a row a step, with the passes as parts of theirs.

use std::fmt::Write as _;
use std::time::Duration;

/// The steps of a compilation, in the order in which they were taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    steps: Vec<Step>,
}

/// A step and the parts of it that are known.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Step {
    name: &'static str,
    time: Duration,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    name: String,
    time: Duration,
    ops: Option<Ops>,
}

/// What the runs of a pass did to the number of operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ops {
    runs: usize,
    /// Before the first run, and after the last: other passes ran between them.
    before: usize,
    after: usize,
    /// By all runs together.
    removed: usize,
}

/// One run of one of our passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassRun {
    pub name: &'static str,
    pub time: Duration,
    /// Operations before and after it.
    pub before: usize,
    pub after: usize,
}

/// So many of LLVM's passes have a row of their own, the most expensive ones.
const MAX_LLVM_PASSES: usize = 10;

impl Timing {
    /// Adds a step.
    pub fn step(&mut self, name: &'static str, time: Duration) {
        self.steps.push(Step { name, time, parts: Vec::new() });
    }

    /// Adds the step of our passes. The runs of each pass make one row.
    pub fn our_passes(&mut self, runs: &[PassRun]) {
        let mut parts: Vec<Part> = Vec::new();
        for run in runs {
            let removed = run.before.saturating_sub(run.after);
            match parts.iter_mut().find(|part| part.name == run.name) {
                Some(Part { time, ops: Some(ops), .. }) => {
                    *time += run.time;
                    *ops = Ops { runs: ops.runs + 1, after: run.after, removed: ops.removed + removed, ..*ops };
                }
                _ => {
                    let ops = Ops { runs: 1, before: run.before, after: run.after, removed };
                    parts.push(Part { name: run.name.into(), time: run.time, ops: Some(ops) });
                }
            }
        }
        let time = runs.iter().map(|run| run.time).sum();
        self.steps.push(Step { name: "our passes", time, parts });
    }

    /// Adds the step of LLVM's passes, which took `time` together. `passes` are its passes' own times, the
    /// most expensive first.
    pub fn llvm_passes(&mut self, time: Duration, passes: impl Iterator<Item = (String, Duration)>) {
        let mut parts: Vec<_> = passes.map(|(name, time)| Part { name, time, ops: None }).collect();
        let others = parts.split_off(parts.len().min(MAX_LLVM_PASSES));
        if !others.is_empty() {
            let time = others.iter().map(|part| part.time).sum();
            parts.push(Part { name: format!("{} others", others.len()), time, ops: None });
        }
        self.steps.push(Step { name: "LLVM's passes", time, parts });
    }

    /// The steps as a table, of `total` all together. What no step accounts for has a row too.
    #[must_use]
    pub fn table(&self, total: Duration) -> String {
        let mut lines = vec![HEAD.map(String::from)];
        let mut line = |name: String, time: Duration, ops: Option<Ops>| {
            let share = if total.is_zero() { 0.0 } else { 100.0 * time.as_secs_f64() / total.as_secs_f64() };
            let count = |number: fn(&Ops) -> usize| ops.as_ref().map_or(String::new(), |ops| number(ops).to_string());
            lines.push([
                format!("{:.2} ms", time.as_secs_f64() * 1e3),
                format!("{share:.1}%"),
                count(|ops| ops.runs),
                count(|ops| ops.before),
                count(|ops| ops.after),
                count(|ops| ops.removed),
                name,
            ]);
        };
        let mut accounted = Duration::ZERO;
        for step in &self.steps {
            accounted += step.time;
            line(step.name.into(), step.time, None);
            for part in &step.parts {
                line(format!("  {}", part.name), part.time, part.ops);
            }
        }
        line("other".into(), total.saturating_sub(accounted), None);
        line("total".into(), total, None);
        aligned(&lines)
    }
}

const HEAD: [&str; 7] = ["time", "share", "runs", "ops before", "after", "removed", "step"];

/// Numbers to the right, the name behind them.
fn aligned(lines: &[[String; 7]]) -> String {
    let width = |column: usize| lines.iter().map(|line| line[column].len()).max().unwrap_or(0);
    let widths: [usize; 7] = std::array::from_fn(width);
    let mut text = String::new();
    for [numbers @ .., name] in lines {
        for (number, width) in std::iter::zip(numbers, widths) {
            let _ = write!(text, "{number:>width$}  ");
        }
        let _ = writeln!(text, "{name}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    #[test]
    fn the_runs_of_a_pass_are_one_row_and_shares_add_up() {
        let mut timing = Timing::default();
        timing.step("parsing", ms(10));
        let run = |name, before, after| PassRun { name, time: ms(5), before, after };
        timing.our_passes(&[run("runs", 120, 90), run("clear", 90, 80), run("runs", 80, 79)]);
        timing.llvm_passes(ms(60), [("GVNPass".to_owned(), ms(40))].into_iter());
        assert_eq!(
            timing.table(ms(100)),
            "     time   share  runs  ops before  after  removed  step\n\
             \x2010.00 ms   10.0%                                    parsing\n\
             \x2015.00 ms   15.0%                                    our passes\n\
             \x2010.00 ms   10.0%     2         120     79       31    runs\n\
             \x20 5.00 ms    5.0%     1          90     80       10    clear\n\
             \x2060.00 ms   60.0%                                    LLVM's passes\n\
             \x2040.00 ms   40.0%                                      GVNPass\n\
             \x2015.00 ms   15.0%                                    other\n\
             100.00 ms  100.0%                                    total\n"
        );
    }

    #[test]
    fn only_the_most_expensive_passes_of_llvm_have_rows() {
        let mut timing = Timing::default();
        timing.llvm_passes(ms(500), (0..13).map(|number| (format!("Pass{number}"), ms(20 - number))));
        let table = timing.table(ms(500));
        assert!(table.contains("  Pass9\n") && !table.contains("Pass10"), "{table}");
        assert!(table.contains("27.00 ms    5.4%"), "10, 9 and 8 ms\n{table}");
        assert!(table.contains("  3 others\n"), "{table}");
    }

    #[test]
    fn nothing_took_no_time() {
        assert!(Timing::default().table(Duration::ZERO).contains("0.00 ms   0.0%"));
    }
}
