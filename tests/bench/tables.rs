//! What is written: Markdown, JSON, and the chart.

use super::harness::report::markdown::significant;
use super::{Corpus, PRINTS_A};

#[test]
fn the_table_has_a_column_for_each_time_and_ratio() {
    let corpus = Corpus::with([("a.b", PRINTS_A), ("b|c.b", PRINTS_A), ("d.b", PRINTS_A), ("bench.list", "d skip")]);
    let measured = corpus.programs(&["--runs", "2", "--peers", &corpus.peer("peer", "printf A")]);
    let lines: Vec<_> = measured.markdown.lines().collect();
    let start = lines.iter().position(|line| line.starts_with('|')).unwrap();
    assert_eq!(lines[start], "| program | run, ms | executable, ms | peer, ms | run / peer | executable / peer |");
    let table: Vec<_> = lines[start..].iter().take_while(|line| line.starts_with('|')).collect();
    assert_eq!(table.len(), 5, "{}", measured.markdown);
    let columns = |line: &str| line.replace("\\|", "").matches('|').count();
    assert!(table.iter().all(|line| columns(line) == 7), "{}", measured.markdown);
    assert!(table[2].starts_with("| a | ") && table[3].starts_with("| b\\|c | "), "{}", measured.markdown);
    assert!(table[4].starts_with("| geometric mean (programs) |  |  |  | ") && table[4].ends_with("(2) |"));
    let shown = [measured.number("run", "median_ms"), measured.number("peer", "median_ms")].map(significant);
    assert!(table[2].starts_with(&format!("| a | {} | ", shown[0])), "{}", table[2]);
    assert!(table[2].contains(&format!("| {} | ", shown[1])), "{}", table[2]);
    for part in ["Medians of 2 runs in turns", "* left out by the list: d", "* run: `bfllvm run {}`", "compiling, ms"] {
        assert!(measured.markdown.contains(part), "{part}\n{}", measured.markdown);
    }
    let machine = &measured.json["machine"];
    for member in ["date", "commit", "processor", "system", "llvm"] {
        let value = machine[member].as_str().unwrap();
        assert!(!value.is_empty() && measured.markdown.contains(value), "{machine:#}");
    }
    assert!(
        machine["llvm"].as_str().unwrap().starts_with(&format!("{}.", include_str!("../../llvm-version.txt").trim()))
    );
}

#[test]
fn figures_have_three_digits() {
    let shown = [0.01234, 0.5, 1.234, 98.76, 123.4, 12345.6].map(significant);
    assert_eq!(shown, ["0.012", "0.500", "1.23", "98.8", "123", "12346"]);
}

#[test]
fn the_chart_is_well_formed_and_slower_marks_stand_farther_right() {
    let corpus = Corpus::with([("a<b&c.b", PRINTS_A), ("slow.b", PRINTS_A), ("broken.b", "+.<+")]);
    let peers = [
        corpus.peer("sleeper", "case $1 in *broken.b) exit 1;; *slow.b) sleep 1.5;; *) sleep 0.3;; esac; printf A"),
        corpus.peer("wrong", "case $1 in *broken.b) exit 1;; esac; printf B"),
    ];
    let measured = corpus.programs(&["--runs", "1", "--ours", "run=run", "--peers", &peers.join(";")]);
    let chart = roxmltree::Document::parse(&measured.svg).unwrap_or_else(|error| panic!("{error}\n{}", measured.svg));
    let root = chart.root_element();
    assert_eq!((root.tag_name().name(), root.tag_name().namespace()), ("svg", Some("http://www.w3.org/2000/svg")));
    let number = |node: &roxmltree::Node, name: &str| node.attribute(name).unwrap().parse::<f64>().unwrap();
    let texts: Vec<_> = root.descendants().filter(|node| node.has_tag_name("text")).collect();
    let of = |words: &str| texts.iter().find(|node| node.text() == Some(words)).unwrap_or_else(|| panic!("{words}"));
    // By time, and without the one that nobody can run.
    let heights = ["a<b&c", "slow"].map(|name| number(of(name), "y"));
    assert!(heights[0] < heights[1], "{}", measured.svg);
    assert!(!texts.iter().any(|node| node.text() == Some("broken")), "{}", measured.svg);
    let marks = |class: &str| {
        let nodes = root.descendants().filter(|node| node.attribute("class") == Some(class));
        nodes.collect::<Vec<_>>()
    };
    let first_x = |node: &roxmltree::Node| match node.attribute("points") {
        None => number(node, "cx"),
        Some(points) => points.split([',', ' ']).next().unwrap().parse().unwrap(),
    };
    // The first is in the legend.
    let (run, sleeper, wrong) = (marks("c0"), marks("c1"), marks("c2"));
    assert_eq!([run.len(), sleeper.len(), wrong.len()], [3, 3, 1], "{}", measured.svg);
    assert!(first_x(&run[1]) < first_x(&sleeper[1]) && first_x(&run[2]) < first_x(&sleeper[2]), "{}", measured.svg);
    assert!(first_x(&sleeper[1]) < first_x(&sleeper[2]), "{}", measured.svg);
    let (width, height) = (number(&root, "width"), number(&root, "height"));
    for node in texts.iter().filter(|node| node.attribute("y").is_some()) {
        assert!((0.0..width).contains(&number(node, "x")) && (0.0..height).contains(&number(node, "y")));
    }
    assert!(measured.svg.contains("@media (prefers-color-scheme: dark)"));
}
