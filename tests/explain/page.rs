//! Small programs.

use serde_json::json;

use super::browser::Browser;
use super::support::{PROGRAM, Workspace};
use super::{SIZE, explain, strings};

/// Multiplies by three, counts down aloud, and gives back what else it reads.
const CODE: &str = ",[>+++<-] times three\n>[.-] and down\n,[>,]<[.<]\n";

#[test]
fn pointing_at_any_text_lights_up_the_others() {
    let (_workspace, page) = explain(CODE, &[]);
    let mut browser = Browser::open(&page, SIZE);

    let bracket = "[...document.querySelectorAll('#source i')].filter((part) => part.textContent === '[')";
    browser.point(&format!("{bracket}[0]"));
    assert_eq!(browser.lit_source(), "[>+++<-]");
    // What it has become, and what the last pass took away in it.
    assert_eq!(browser.lit("ir"), ["if [0]", "copy [1] [0] 3", "set [0] 0"]);
    assert_eq!(browser.texts("ir", ".lit.removed"), ["if [0]"]);
    let about = browser.evaluate("document.getElementById('loop').textContent");
    assert!(about.as_str().unwrap().contains("loop became"), "{about}");

    browser.point(&format!("{bracket}[1]"));
    assert_eq!(browser.lit_source(), "[.-]");
    assert_eq!(browser.lit("ir"), ["loop [1]"]);
    for (pane, part) in [("lowered", "icmp eq i8"), ("optimized", "icmp eq i8"), ("assembly", "testb")] {
        assert!(!browser.lit(pane).is_empty(), "{pane}: nothing lit is seen");
        // The loop is a function: its call is seen, and what is in it is marked beside the scroll bar.
        let lit = format!(
            "(() => {{ const pane = PANES.find((pane) => pane.id === '{pane}');
                return [...pane.lit].map((row) => pane.text.lines[row]); }})()"
        );
        let lit = strings(&browser.evaluate(&lit));
        assert!(lit.iter().any(|line| line.contains(part)), "{pane}: {lit:?}");
    }
    assert_eq!(browser.lit("loops").len(), 1);
    let here = browser.evaluate("document.getElementById('here').textContent");
    assert!(here.as_str().unwrap().starts_with("2:2 – 2:5 [.-]"), "{here}");

    // From the other texts it works the same way.
    for (pane, text, source, ir) in [
        ("ir", "'output [1]'", ".", "output [1]"),
        ("lowered", "'call void @bf_put'", ".", "output"),
        ("optimized", "'call i32 @bf_get'", ",", "input"),
        ("assembly", "'bf_put@PLT'", ".", "output"),
        ("loops", "'[.-]'", "[.-]", "loop [1]"),
    ] {
        browser.evaluate(&format!(
            "(() => {{ const pane = PANES.find((pane) => pane.id === '{pane}');
                pane.list.scrollTo(pane.text.lines.findIndex((line) => line.includes({text}))); }})()"
        ));
        browser.point(&browser.row(pane, text));
        assert_eq!(browser.lit_source(), source, "{pane}");
        let lit = browser.lit("ir");
        assert!(lit[0].starts_with(ir), "{pane}: {lit:?}");
        assert!(!browser.lit("assembly").is_empty(), "{pane}");
    }
    assert_eq!(browser.complaints, [""; 0]);
}

#[test]
fn everything_can_be_done_with_keys() {
    let (_workspace, page) = explain(CODE, &[]);
    let mut browser = Browser::open(&page, SIZE);
    let focus = "document.activeElement.id";

    browser.press("1");
    assert_eq!(browser.evaluate(focus), "source");
    browser.press("Home");
    assert_eq!(browser.lit_source(), ",");
    assert_eq!(browser.lit("ir"), ["input [0]"]);
    browser.press("ArrowRight");
    assert_eq!(browser.lit_source(), "[>+++<-]");
    browser.press("ArrowRight");
    browser.press("ArrowDown");
    assert_eq!((browser.lit_source(), browser.lit("ir")), (".".to_owned(), vec!["output [1]".to_owned()]));

    browser.press("2");
    assert_eq!(browser.evaluate(focus), "ir");
    let cursor = "document.querySelector('#ir .cursor > span').textContent.trim()";
    assert_eq!(browser.evaluate(cursor), "output [1]");
    browser.press("ArrowUp");
    assert_eq!(browser.lit_source(), "[.-]");
    let active = browser
        .evaluate("document.getElementById(document.activeElement.getAttribute('aria-activedescendant')).textContent");
    assert!(active.as_str().unwrap().contains("loop [1]"), "{active}");

    // What is kept stays, and is in the address.
    browser.press("Enter");
    browser.point(&browser.row("ir", "'input [0]'"));
    assert_eq!(browser.lit_source(), "[.-]");
    let at = CODE.find("[.-]").unwrap();
    assert_eq!(browser.evaluate("location.hash"), format!("#at={at}-{}", at + 4));
    browser.press("Escape");
    assert_eq!((browser.lit_source().as_str(), browser.lit("ir").len()), ("", 0));
    browser.load(&page, &format!("#at={at}-{}&pass=1", at + 4));
    assert_eq!(browser.lit_source(), "[.-]");
    assert_eq!(browser.evaluate("document.getElementById('pass').textContent"), "source");

    browser.press("?");
    assert_eq!(browser.evaluate("document.getElementById('keys').open"), true);
    browser.press("Escape");
    assert_eq!(browser.evaluate("document.getElementById('keys').open"), false);
    assert_eq!(browser.complaints, [""; 0]);
}

#[test]
fn the_slider_goes_through_the_passes_that_changed_something() {
    let (_workspace, page) = explain(CODE, &["--passes=runs,nest,offsets,scan,multiply"]);
    let mut browser = Browser::open(&page, SIZE);
    let pass = "document.getElementById('pass').textContent";
    let names = "[...document.querySelectorAll('.column > span')].map((span) => span.textContent)";
    assert_eq!(browser.evaluate(names), json!(["source", "runs", "offsets", "multiply"]));

    assert_eq!(browser.evaluate(pass), "multiply");
    let removed = browser.texts("ir", ".removed");
    assert!(removed.contains(&"loop [0]".to_owned()), "{removed:?}");
    let added = browser.texts("ir", ".added");
    assert!(added.contains(&"muladd [1] [0] 3".to_owned()), "{added:?}");

    browser.evaluate("document.getElementById('stage').focus()");
    browser.press("ArrowLeft");
    assert_eq!(browser.evaluate(pass), "offsets");
    browser.press("ArrowLeft");
    assert_eq!(browser.evaluate(pass), "runs");
    assert_eq!(browser.texts("ir", ".removed").len(), 3);
    assert_eq!(browser.texts("ir", ".added"), ["add [0] 3"]);
    browser.press("d");
    assert_eq!(browser.texts("ir", ".removed").len(), 0);
    assert_eq!(browser.texts("ir", ".added").len(), 0);
    browser.press("d");
    browser.press("Home");
    assert_eq!(browser.evaluate(pass), "source");
    let commands = CODE.bytes().filter(|byte| b"><+-.,[]".contains(byte)).count();
    assert_eq!(browser.texts("ir", "").len(), commands);
    // What is pointed at is now one command.
    let plus = "[...document.querySelectorAll('#source i')].find((part) => part.textContent.includes('+++'))";
    browser.point(plus);
    assert_eq!(browser.lit_source(), "+");
    assert_eq!(browser.lit("ir"), ["add [0] 1"]);
    browser.press(".");
    assert_eq!(browser.evaluate(pass), "runs");
    assert_eq!(browser.lit("ir"), ["add [0] 1", "add [0] 3"]);
    browser.click("document.getElementById('next')");
    browser.click("document.getElementById('next')");
    assert_eq!(browser.evaluate(pass), "multiply");
    assert_eq!(browser.evaluate("document.getElementById('next').disabled"), true);
    assert_eq!(browser.complaints, [""; 0]);
}

#[test]
fn loops_are_as_hot_as_they_were_in_the_run() {
    let workspace = Workspace::with(CODE);
    workspace.write("input", b"\x07abc");
    let args = ["explain", "-w", "-o", "page.html", "--input=input", "--eof=0", PROGRAM];
    workspace.bfllvm(args).run("").ends(0);
    let mut browser = Browser::open(&workspace.path("page.html"), SIZE);
    let loops = browser.texts("loops", "");
    assert!(loops[0].contains("21×") && loops[0].ends_with("[.-]"), "{loops:?}");
    let heat = |text: &str| {
        format!(
            "[...document.querySelectorAll('#source i')].find((part) => part.textContent.includes('{text}')).className"
        )
    };
    let hot = browser.evaluate(&heat(".-"));
    assert!(hot.as_str().unwrap().contains("heat6"), "{hot}");
    let cold = browser.evaluate(&heat("times three"));
    assert!(!cold.as_str().unwrap().contains("heat"), "{cold}");
    // The hottest loop is what the page begins with.
    assert_eq!(browser.lit_source(), "[.-]");
    browser.press("h");
    browser.press("h");
    assert_eq!(browser.lit_source(), "[>,]");
    browser.press("H");
    assert_eq!(browser.lit_source(), "[.-]");

    let (_workspace, page) = explain(CODE, &["--no-profile"]);
    browser.load(&page, "");
    assert_eq!(browser.evaluate("document.querySelectorAll('#source [class*=heat]').length"), 0);
    let foot = browser.evaluate("document.getElementById('loop').textContent");
    assert!(foot.as_str().unwrap().contains("not run"), "{foot}");
    assert_eq!(browser.complaints, [""; 0]);
}

#[test]
fn there_is_light_and_dark() {
    let (_workspace, page) = explain(CODE, &[]);
    let mut browser = Browser::open(&page, SIZE);
    let brightness = |browser: &mut Browser| {
        let colour = browser.evaluate(
            "['body', '.pane', 'h2', '.row > b'].map((part) => document.querySelector(part)).map((element) =>
                [getComputedStyle(element).backgroundColor, getComputedStyle(element).color].map((colour) =>
                    colour.match(/\\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0)))",
        );
        let is_dark: Vec<_> = [0, 1, 3].iter().map(|&part| colour[part][0].as_u64().unwrap() < 200).collect();
        let text = colour[2][1].as_u64().unwrap();
        // The text is the other way round.
        assert_eq!(text > 500, is_dark[0], "{colour}");
        assert!(is_dark.iter().all(|&part| part == is_dark[0]), "{colour}");
        if is_dark[0] { "dark" } else { "light" }
    };
    for scheme in ["light", "dark"] {
        browser.prefer(scheme);
        assert_eq!(brightness(&mut browser), scheme);
    }
    // The button and the key go through what the system has, light, and dark.
    browser.click("document.getElementById('theme')");
    assert_eq!(brightness(&mut browser), "light");
    browser.press("t");
    browser.prefer("light");
    assert_eq!(brightness(&mut browser), "dark");
    browser.load(&page, "");
    assert_eq!(brightness(&mut browser), "dark");
    assert_eq!(browser.complaints, [""; 0]);
}

#[test]
fn a_narrow_window_shows_one_text_at_a_time() {
    let (_workspace, page) = explain(CODE, &[]);
    let mut browser = Browser::open(&page, (480, 800));
    let shown = "[...document.querySelectorAll('.pane')].filter((pane) => !pane.hidden).map((pane) => pane.className)";
    assert_eq!(browser.evaluate(shown), json!(["pane source"]));
    browser.click("document.querySelectorAll('.chip')[4]");
    assert_eq!(browser.evaluate(shown), json!(["pane assembly"]));
    assert_eq!(browser.evaluate("document.documentElement.scrollWidth"), 480);
    browser.resize(1920, 1080);
    assert_eq!(browser.evaluate(shown).as_array().unwrap().len(), 6);
    browser.click("document.querySelectorAll('.chip')[2]");
    assert_eq!(browser.evaluate(shown).as_array().unwrap().len(), 5);
    assert_eq!(browser.complaints, [""; 0]);
}

#[test]
fn whatever_is_in_the_source_it_is_shown_and_needs_no_network() {
    let code = "</script><!-- <b>&amp; é \u{1f600} \t .+\n/* data */ /* script */ \",\"'";
    let workspace = Workspace::new();
    workspace.write("a<b>&.bf", [code.as_bytes(), b"\xff\x00\r\n[-]"].concat());
    let outcome = workspace.bfllvm(["explain", "-w", "-O0", "a<b>&.bf"]).run("");
    outcome.ends(0).says("");
    let mut browser = Browser::open(&workspace.path("a<b>&.html"), SIZE);
    assert_eq!(browser.evaluate("document.getElementById('program').textContent"), "a<b>&.bf");
    assert_eq!(browser.evaluate("document.title"), "a<b>&.bf · bfllvm explain");
    let lines = browser.texts("source", "");
    assert_eq!(lines[0], "</script><!-- <b>&amp; é \u{1f600}      .+");
    assert_eq!(lines[1], "/* data */ /* script */ \",\"'···");
    let plus = "[...document.querySelectorAll('#source i.command')].find((part) => part.textContent.includes('+'))";
    browser.point(plus);
    assert_eq!(browser.complaints, [""; 0]);
    let others: Vec<_> = browser
        .requests
        .iter()
        .filter(|url| !["file:", "data:", "about:"].iter().any(|own| url.starts_with(own)))
        .collect();
    assert!(others.is_empty(), "{others:?}");
    assert_eq!(browser.requests.iter().filter(|url| url.starts_with("file:")).count(), 1, "{:?}", browser.requests);
}
