// The page: its panes, what is lit in all of them, keys, and what is remembered.

const find = (id) => document.getElementById(id);

const SOURCE = new SourceText(DATA.source);
const STAGES = new StageTexts(DATA.stages);
const HEAT = new Heat(DATA.profile);

/** The lines of the loops pane, and the text that goes with a loop. */
function loopsText(heat) {
  const loops = heat.sorted();
  const lines = loops.map((loop) => {
    const share = loop.self === null ? "" : `${(100 * heat.share(loop)).toFixed(1)}%`;
    const times = loop.iterations === null ? "folded" : `${grouped(loop.iterations)}×`;
    const commands = commandsOf(loop.start, loop.end, 40);
    const place = SOURCE.place(loop.start).padEnd(8);
    return `${heat.isTimed ? share.padStart(6) : ""}${times.padStart(14)}  ${place} ${commands}`;
  });
  const starts = Int32Array.from(loops, (loop) => loop.start);
  const ends = Int32Array.from(loops, (loop) => loop.end);
  return { lines, starts, ends };
}

/** The commands of a part of the source, or the first of them. */
function commandsOf(start, end, most) {
  let text = "";
  for (let at = start; at < end; at++) {
    if (!COMMANDS.includes(DATA.source[at])) continue;
    if (text.length === most) return `${text}…`;
    text += DATA.source[at];
  }
  return text;
}

/** What is said of a text that is not all there. */
function leftOutNote(what, leftOut, all) {
  if (leftOut === 0) return "";
  return `${counted(leftOut, what)} more ${leftOut === 1 ? "is" : "are"} left out; “--max-lines=${all}” puts them in.`;
}

function listingPane(id, number, title, short, kind, data) {
  const text = unpackLines(data);
  const note = leftOutNote("line", data.left_out, text.lines.length + data.left_out);
  return new TextPane({ id, number, title, short, kind, text, note });
}

/** What is lit in all panes: a span of the source. */
class Light {
  constructor(panes) {
    this.panes = panes;
    this.span = null;
    this.from = null;
    this.isKept = false;
  }

  /** Lights what belongs to `span`, which was pointed at in `from`. */
  set(span, from, follows) {
    const isSame = span && this.span && span.start === this.span.start && span.end === this.span.end;
    if (isSame && span.row === this.span.row && from === this.from) return;
    if (!span && !this.span) return;
    [this.span, this.from] = [span, from];
    for (const pane of this.panes) pane.light(span, pane === from ? (span?.row ?? -1) : -1);
    if (follows) this.reveal();
    describe(span, this.isKept);
  }

  /** Lets the other panes show it. */
  reveal() {
    for (const pane of this.panes) {
      if (pane !== this.from) pane.reveal();
    }
  }

  keep(isKept) {
    this.isKept = isKept && this.span !== null;
    document.body.classList.toggle("kept", this.isKept);
    describe(this.span, this.isKept);
    remember();
  }
}

/** Says in the foot what is lit. */
function describe(span, isKept) {
  if (!span) {
    find("here").innerHTML = "Point at a line, or move to one with the keyboard: what belongs to it lights up.";
    find("loop").textContent = DATA.profile ? runInWords() : "The program was not run (--no-profile).";
    return;
  }
  const { start, end } = span;
  const places = end > start + 1 ? `${SOURCE.place(start)} – ${SOURCE.place(end - 1)}` : SOURCE.place(start);
  const keeps = isKept ? ' <em class="kept">kept: Esc lets it go</em>' : "";
  find("here").innerHTML = `<b>${places}</b> <code>${escaped(commandsOf(start, end, 60))}</code>${keeps}`;
  find("loop").textContent = loopInWords(HEAT.loopAround(start) ?? null, start);
}

function runInWords() {
  const { end, input, sampled_us: time, samples } = DATA.profile;
  const took = HEAT.isTimed ? ` ${(time / 1000).toFixed(1)} ms in its code, ${counted(samples, "sample")}.` : "";
  return `The program, with ${input}, ${end}.${took}`;
}

function loopInWords(loop, offset) {
  const words = [];
  if (loop) {
    const figures =
      loop.iterations === null
        ? "nothing left of it goes around"
        : `${counted(loop.iterations, "iteration")}, ${counted(loop.entries, "entry").replace("entrys", "entries")}` +
          (HEAT.isTimed ? `, ${(100 * HEAT.share(loop)).toFixed(1)} % of the time in itself` : "");
    words.push(`Loop at ${SOURCE.place(loop.start)}: ${figures}`);
  }
  const start = loop?.start ?? offset;
  for (const [at, , pass, message] of DATA.remarks) {
    if (at === start) words.push(pass ? `${message} (${pass})` : message);
  }
  return words.join(" · ");
}

const sourcePane = new SourcePane({
  id: "source",
  number: 1,
  title: "Source",
  source: SOURCE,
  heat: HEAT,
  spanAround: (at) => {
    const [line] = irPane.index.around(at, at + 1);
    return line === undefined ? null : { start: irPane.text.starts[line], end: irPane.text.ends[line] };
  },
});
const irPane = new TextPane({
  id: "ir",
  number: 2,
  title: "Our IR",
  kind: "bfir",
  text: STAGES.show(STAGES.stages.length - 1, true),
  note: leftOutNote("operation", STAGES.leftOut, STAGES.stages[0].operations),
});
const PANES = [
  sourcePane,
  irPane,
  listingPane("lowered", 3, "LLVM IR, before LLVM’s passes", "LLVM IR", "llvm", DATA.lowered),
  listingPane("optimized", 4, "LLVM IR, after LLVM’s passes", "Optimised", "llvm", DATA.optimized),
  listingPane("assembly", 5, "Assembly", "Assembly", "assembly", DATA.assembly),
  new TextPane({ id: "loops", number: 6, title: "Loops", kind: "loops", text: loopsText(HEAT), hasNumbers: false }),
];
const LIGHT = new Light(PANES);
const SLIDER = new StageSlider(STAGES.stages, showStage);

/** Shows a stage in the pane of our IR. */
function showStage(at) {
  irPane.setText(STAGES.show(at, find("diff").checked));
  if (LIGHT.span) irPane.light(LIGHT.span, -1);
  // Without anything to follow, the first change is what is looked for.
  if (irPane.lit.size > 0) irPane.reveal();
  else if (irPane.changes.length > 0 && !irPane.changes.some((row) => irPane.list.isSeen(row))) {
    irPane.list.scrollTo(irPane.changes[0]);
  }
  remember();
}

// Panes: which are shown, and how they are laid out.

const chips = find("chips");
for (const [at, pane] of PANES.entries()) {
  find("panes").append(pane.element);
  const chip = document.createElement("button");
  chip.className = "chip";
  chip.innerHTML = `<kbd>${at + 1}</kbd>${pane.short}`;
  chip.addEventListener("click", () => {
    if (isNarrow()) showAlone(pane);
    else toggle(pane);
  });
  pane.chip = chip;
  chips.append(chip);
}

const NARROW = matchMedia("(max-width: 52rem)");
/** How narrow a pane may be, and how low, in CSS pixels. */
const [MIN_WIDTH, MIN_HEIGHT] = [370, 190];
let alone = PANES[0];

function isNarrow() {
  return NARROW.matches;
}

function toggle(pane) {
  const shown = PANES.filter((other) => !other.isHidden);
  if (shown.length === 1 && shown[0] === pane) return;
  pane.isHidden = !pane.isHidden;
  layOut();
}

function showAlone(pane) {
  alone = pane;
  layOut();
}

/** Makes as many columns as there is room for, and as many rows as that takes. */
function layOut() {
  const isShown = (pane) => (isNarrow() ? pane === alone : !pane.isHidden);
  for (const pane of PANES) {
    pane.element.hidden = !isShown(pane);
    pane.chip.setAttribute("aria-pressed", isShown(pane));
  }
  const count = PANES.filter(isShown).length;
  const room = Math.max(1, Math.floor(find("panes").clientWidth / MIN_WIDTH));
  const rows = Math.ceil(count / room);
  const columns = Math.ceil(count / rows);
  // The panes of the last row share its width.
  const last = count - columns * (rows - 1);
  const parts = columns * last;
  find("panes").style.gridTemplateColumns = `repeat(${parts}, minmax(0, 1fr))`;
  find("panes").style.gridTemplateRows = `repeat(${rows}, minmax(${MIN_HEIGHT}px, 1fr))`;
  PANES.filter(isShown).forEach((pane, at) => {
    pane.element.style.gridColumn = `span ${parts / (at < columns * (rows - 1) ? columns : last)}`;
  });
  if (isNarrow()) requestAnimationFrame(() => alone.reveal());
}

NARROW.addEventListener("change", layOut);
new ResizeObserver(layOut).observe(find("panes"));

// Pointing and keys.

/** How long the pointer rests on something before other panes scroll to it, in milliseconds. */
const FOLLOW_DELAY = 60;
let following = 0;

for (const pane of PANES) {
  const { scroller } = pane;
  scroller.addEventListener("mousemove", (event) => {
    if (LIGHT.isKept) return;
    const span = pane.spanAt(event);
    if (!span) return;
    LIGHT.set(span, pane, false);
    clearTimeout(following);
    if (find("follow").checked) following = setTimeout(() => LIGHT.reveal(), FOLLOW_DELAY);
  });
  scroller.addEventListener("mouseleave", () => clearTimeout(following));
  scroller.addEventListener("click", (event) => {
    const span = pane.spanAt(event);
    if (!span) return LIGHT.keep(false);
    const { start, end } = LIGHT.span ?? {};
    const isSame = LIGHT.isKept && span.start === start && span.end === end;
    LIGHT.set(span, pane, find("follow").checked);
    LIGHT.keep(!isSame);
    if (pane !== sourcePane) pane.setCursor(span.row);
  });
  scroller.addEventListener("focus", () => pane.enter());
  scroller.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" || event.key === " ") {
      LIGHT.keep(!LIGHT.isKept);
      event.preventDefault();
      return;
    }
    const span = pane.move(event.key);
    if (span === undefined) return;
    event.preventDefault();
    if (!span) return;
    LIGHT.isKept = false;
    document.body.classList.remove("kept");
    LIGHT.set(span, pane, find("follow").checked);
  });
}

let hot = -1;

/** Goes to another loop, by heat. */
function goToLoop(step) {
  const { starts, ends } = PANES[5].text;
  if (starts.length === 0) return;
  hot = Math.max(0, Math.min(starts.length - 1, hot + step));
  LIGHT.set({ start: starts[hot], end: ends[hot] }, null, true);
  LIGHT.keep(true);
}

const KEYS = {
  ",": () => SLIDER.go(SLIDER.at - 1),
  ".": () => SLIDER.go(SLIDER.at + 1),
  h: () => goToLoop(1),
  H: () => goToLoop(-1),
  d: () => find("diff").click(),
  f: () => find("follow").click(),
  t: () => nextTheme(),
  "?": () => find("keys").showModal(),
  Escape: () => {
    LIGHT.keep(false);
    LIGHT.set(null, null, false);
  },
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || find("keys").open) return;
  if (event.target instanceof HTMLSelectElement) return;
  const pane = PANES[Number(event.key) - 1];
  if (pane) {
    if (isNarrow()) showAlone(pane);
    else if (pane.isHidden) toggle(pane);
    pane.scroller.focus();
  } else if (event.key in KEYS) {
    KEYS[event.key]();
  } else {
    return;
  }
  event.preventDefault();
});

find("diff").addEventListener("change", () => showStage(SLIDER.at));
find("help").addEventListener("click", () => find("keys").showModal());

// Heat.

for (const metric of HEAT.metrics()) find("heat").append(new Option(METRICS[metric].title, metric));
find("heat").value = HEAT.metric;
find("heat").addEventListener("change", () => {
  HEAT.set(find("heat").value);
  find("heat").title = METRICS[HEAT.metric].explains;
  sourcePane.list.ask();
});

// Colours.

const THEMES = ["system", "light", "dark"];
let theme = "system";

function setTheme(to) {
  theme = THEMES.includes(to) ? to : "system";
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  find("theme").textContent = { system: "◐ System", light: "☀ Light", dark: "☾ Dark" }[theme];
  for (const pane of PANES) pane.list.ask();
}

function nextTheme() {
  setTheme(THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]);
  try {
    localStorage.setItem("bfllvm-theme", theme);
  } catch {
    // Not every page may remember.
  }
}

find("theme").addEventListener("click", nextTheme);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => setTheme(theme));

// What is kept is in the address, for whoever links to it: `#at=START-END&pass=NUMBER`, in bytes.

let isStarted = false;

function remember() {
  if (!isStarted) return;
  const words = [];
  if (LIGHT.isKept) words.push(`at=${LIGHT.span.start}-${LIGHT.span.end}`);
  if (SLIDER.at !== STAGES.stages.length - 1) words.push(`pass=${SLIDER.at + 1}`);
  try {
    history.replaceState(null, "", words.length > 0 ? `#${words.join("&")}` : location.pathname + location.search);
  } catch {
    // A page that was opened from a file may not be allowed to.
  }
}

function recall() {
  const words = new URLSearchParams(location.hash.slice(1));
  const stage = Number(words.get("pass"));
  SLIDER.go(stage >= 1 ? stage - 1 : STAGES.stages.length - 1);
  const [, start, end] = words.get("at")?.match(/^(\d+)-(\d+)$/) ?? [];
  if (start !== undefined) {
    LIGHT.set({ start: Number(start), end: Number(end) }, null, true);
    LIGHT.keep(true);
  } else {
    describe(null, false);
    for (const pane of PANES) pane.lookAtCode();
    const [hottest] = HEAT.sorted();
    if (hottest?.iterations > 0 && !words.has("pass")) LIGHT.set({ start: hottest.start, end: hottest.end }, null, true);
  }
}

function begin() {
  let stored = "system";
  try {
    stored = localStorage.getItem("bfllvm-theme");
  } catch {
    // As above.
  }
  find("program").textContent = DATA.program.split("/").at(-1);
  find("program").title = DATA.program;
  const first = STAGES.stages[0];
  const last = STAGES.stages.at(-1);
  const sizes = `${grouped(first.operations)} → ${counted(last.operations, "operation")} of our IR`;
  find("facts").textContent = `${DATA.options} · ${counted(DATA.source.length, "byte")} · ${sizes}`;
  setTheme(stored);
  layOut();
  sourcePane.layOut();
  recall();
  isStarted = true;
  document.body.dataset.ready = "";
}

begin();
