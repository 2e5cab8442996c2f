//! A chart of the programs' times: a line a program, a mark a candidate, on a logarithmic scale, where equal distances are equal
//! ratios. It is light or dark as its reader has it.

use std::fmt::Write as _;

use super::super::contest::Row;
use super::super::machine::Machine;
use super::super::race::Race;

/// In pixels.
const WIDTH: f64 = 760.0;
const LINE: f64 = 24.0;
const TOP: f64 = 84.0;
const BOTTOM: f64 = 52.0;
const RIGHT: f64 = 28.0;
/// Of a letter in the names, about.
const LETTER: f64 = 7.2;
const MARK: f64 = 5.5;

/// The marks' colours on a light and on a dark ground. Shapes differ too, for those who see no colours.
const COLOURS: [(&str, &str); 6] = [
    ("#0b62c4", "#6cb6ff"),
    ("#17803d", "#57c878"),
    ("#c2500a", "#f0a05a"),
    ("#8a3ffc", "#c4a1ff"),
    ("#b3124a", "#ff86ab"),
    ("#4d5661", "#a9b4c0"),
];

/// The chart as an SVG file. Programs without any time are not in it.
#[must_use]
pub fn chart(race: &Race, machine: &Machine) -> String {
    let mut rows: Vec<_> = race.rows.iter().filter(|row| first_time(row, race.base).is_some()).collect();
    rows.sort_by(|a, b| f64::total_cmp(&time(a, race.base), &time(b, race.base)));
    let names = rows.iter().map(|row| row.program.chars().count()).max().unwrap_or(0);
    let axis = Axis::over(&rows, names as f64 * LETTER + 28.0);
    let bottom = TOP + LINE * rows.len() as f64;
    let height = bottom + BOTTOM;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" \
         role=\"img\">\n<title>Time from start to end by program and implementation</title>\n{}",
        style(race.candidates.len())
    );
    svg += &format!("<rect class=\"ground\" width=\"{WIDTH}\" height=\"{height}\" rx=\"6\"/>\n");
    svg += &text(16.0, 26.0, "title", "start", "Time from start to end, medians");
    svg += &legend(race);
    for tick in axis.ticks() {
        let x = axis.place(tick);
        writeln!(svg, "<line class=\"grid\" x1=\"{x:.1}\" y1=\"{}\" x2=\"{x:.1}\" y2=\"{bottom}\"/>", TOP - 8.0)
            .expect("a string takes all");
        svg += &text(x, bottom + 18.0, "small", "middle", &tick_name(tick));
    }
    for (index, row) in rows.iter().enumerate() {
        svg += &line(row, TOP + LINE * (index as f64 + 0.5), &axis);
    }
    let source = format!(
        "{}, {}, LLVM {}, {}, {}",
        machine.processor, machine.system, machine.llvm, machine.commit, machine.date
    );
    svg += &text(16.0, bottom + 40.0, "small", "start", &source);
    svg + "</svg>\n"
}

fn first_time(row: &Row, base: usize) -> Option<f64> {
    row.entries[base].median_ms().or_else(|| row.entries.iter().find_map(|entry| entry.median_ms()))
}

fn time(row: &Row, base: usize) -> f64 {
    first_time(row, base).unwrap_or(f64::INFINITY)
}

fn style(candidates: usize) -> String {
    let colours = |pick: fn(&(&'static str, &'static str)) -> &'static str| {
        let rules =
            (0..candidates).map(|index| format!(".c{index} {{ fill: {} }}", pick(&COLOURS[index % COLOURS.len()])));
        rules.collect::<Vec<_>>().join(" ")
    };
    format!(
        "<style>\n\
         text {{ font: 13px system-ui, sans-serif; fill: #1f2328 }}\n\
         .title {{ font-size: 15px; font-weight: 600 }} .small {{ font-size: 11px; fill: #59636e }}\n\
         .ground {{ fill: #ffffff }} .grid {{ stroke: #e3e6ea }} .range {{ stroke: #b8c0c8; stroke-width: 2 }}\n\
         {}\n\
         @media (prefers-color-scheme: dark) {{\n\
         text {{ fill: #e6edf3 }} .small {{ fill: #9aa5b1 }}\n\
         .ground {{ fill: #0d1117 }} .grid {{ stroke: #262c34 }} .range {{ stroke: #545d68 }}\n\
         {}\n\
         }}\n\
         </style>\n",
        colours(|colour| colour.0),
        colours(|colour| colour.1)
    )
}

fn legend(race: &Race) -> String {
    let mut svg = String::new();
    let mut x = 22.0;
    for (index, candidate) in race.candidates.iter().enumerate() {
        let name = match candidate.compiles() {
            true => format!("{} (compiled beforehand)", candidate.name),
            false => candidate.name.clone(),
        };
        svg += &mark(index, x, 50.0);
        svg += &text(x + 12.0, 54.5, "", "start", &name);
        x += name.chars().count() as f64 * LETTER + 38.0;
    }
    svg
}

fn line(row: &Row, y: f64, axis: &Axis) -> String {
    let mut svg = text(axis.left - 14.0, y + 4.5, "", "end", &row.program);
    let places: Vec<_> = row.entries.iter().map(|entry| entry.median_ms().map(|time| axis.place(time))).collect();
    let (from, to) = places.iter().flatten().fold((f64::MAX, f64::MIN), |(from, to), &x| (from.min(x), to.max(x)));
    svg += &format!("<line class=\"range\" x1=\"{from:.1}\" y1=\"{y}\" x2=\"{to:.1}\" y2=\"{y}\"/>\n");
    for (index, x) in places.iter().enumerate() {
        if let Some(x) = x {
            svg += &mark(index, *x, y);
        }
    }
    svg
}

/// The mark of a candidate: a shape and a colour.
fn mark(index: usize, x: f64, y: f64) -> String {
    let points = |points: [(f64, f64); 4]| {
        let points = points.map(|(dx, dy)| format!("{:.1},{:.1}", x + dx, y + dy));
        format!("<polygon class=\"c{index}\" points=\"{}\"/>\n", points.join(" "))
    };
    let (m, d) = (MARK * 0.9, MARK * 1.25);
    match index % 4 {
        0 => format!("<circle class=\"c{index}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{MARK}\"/>\n"),
        1 => points([(-m, -m), (m, -m), (m, m), (-m, m)]),
        2 => points([(0.0, -d), (d, 0.0), (0.0, d), (-d, 0.0)]),
        _ => points([(0.0, -d), (d, m), (0.0, m), (-d, m)]),
    }
}

fn text(x: f64, y: f64, class: &str, anchor: &str, words: &str) -> String {
    let words = words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{words}</text>\n")
}

/// The scale of times, in milliseconds.
struct Axis {
    left: f64,
    least: f64,
    most: f64,
}

impl Axis {
    /// Reaches from the tick before the shortest time to that behind the longest.
    fn over(rows: &[&Row], left: f64) -> Axis {
        let times = rows.iter().flat_map(|row| &row.entries).filter_map(|entry| entry.median_ms());
        let (least, most) = times.fold((f64::MAX, 0.0f64), |(least, most), it| (least.min(it), most.max(it)));
        let (least, most) = if most > 0.0 { (least, most) } else { (1.0, 10.0) };
        let ticks = steps();
        let before = ticks.iter().copied().rfind(|&tick| tick <= least).unwrap_or(ticks[0]);
        let behind = ticks.iter().copied().find(|&tick| tick >= most && tick > before);
        Axis { left, least: before, most: behind.unwrap_or(most) }
    }

    fn place(&self, time: f64) -> f64 {
        self.left + (time / self.least).ln() / (self.most / self.least).ln() * (WIDTH - RIGHT - self.left)
    }

    /// Those within; where they would be many, the powers of ten alone.
    fn ticks(&self) -> Vec<f64> {
        let within = steps().into_iter().filter(|tick| (self.least..=self.most).contains(tick));
        let is_long = self.most / self.least > 2000.0;
        within.filter(|tick| !is_long || (tick.log10() - tick.log10().round()).abs() < 1e-9).collect()
    }
}

/// 1, 2 and 5 at each power of ten from a microsecond to a day.
fn steps() -> Vec<f64> {
    (-3..8).flat_map(|power| [1.0, 2.0, 5.0].map(|step| step * 10f64.powi(power))).collect()
}

fn tick_name(milliseconds: f64) -> String {
    if milliseconds < 1000.0 { format!("{milliseconds} ms") } else { format!("{} s", milliseconds / 1000.0) }
}
