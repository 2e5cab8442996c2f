// Panes: lists of lines that light up. A pane knows its own lines; what is lit in all of them is the business of the page.

/** What all panes have: a head, a list, a cursor, and marks beside the scroll bar. */
class Pane {
  constructor({ id, number, title, short, note }) {
    this.id = id;
    /** What it is called where there is little room. */
    this.short = short ?? title;
    this.element = document.createElement("section");
    this.element.className = `pane ${id}`;
    this.element.innerHTML = `<h2 id="${id}-title"><kbd>${number}</kbd> ${title} <small></small></h2>
      <div class="body"><div class="scroller" id="${id}" tabindex="0" role="listbox" aria-labelledby="${id}-title"></div>
      <canvas class="marks" aria-hidden="true"></canvas></div><p class="note" hidden></p>`;
    this.scroller = this.element.querySelector(".scroller");
    this.canvas = this.element.querySelector("canvas");
    this.list = new VirtualList(this.scroller, (from, to) => this.rows(from, to));
    this.list.onscroll = () => this.drawMarks();
    this.cursor = -1;
    this.setLit([]);
    this.setNote(note);
  }

  /** Says below the list what is not in it. */
  setNote(note) {
    const element = this.element.querySelector(".note");
    element.hidden = !note;
    element.textContent = note ?? "";
  }

  setSize(text) {
    this.element.querySelector("small").textContent = text;
  }

  rows(from, to) {
    let html = "";
    for (let row = from; row < to; row++) {
      const classes = ["row", ...this.classes(row)];
      if (this.lit.has(row)) classes.push("lit");
      if (row === this.cursor) classes.push("cursor");
      const selected = this.lit.has(row) ? ' aria-selected="true"' : "";
      html += `<div class="${classes.join(" ")}" role="option" id="${this.id}-${row}"${selected}>${this.row(row)}</div>`;
    }
    return html;
  }

  classes() {
    return [];
  }

  /** Lights these rows, which are in order. */
  setLit(rows) {
    this.lit = new Set(rows);
    this.litRuns = runs(rows);
    this.list.ask();
  }

  setCursor(row) {
    this.cursor = row;
    if (row >= 0) this.scroller.setAttribute("aria-activedescendant", `${this.id}-${row}`);
    else this.scroller.removeAttribute("aria-activedescendant");
    this.list.ask();
  }

  /** Shows something lit, unless it is seen already: where the most of it stands together. */
  reveal() {
    const { top, seen } = this.list;
    const isSeen = ([from, to]) => from < top + seen - 1 && to > top + 1;
    if (this.litRuns.length === 0 || this.litRuns.some(isSeen)) return;
    const [best] = this.litRuns.reduce((best, run) => (run[1] - run[0] > best[1] - best[0] ? run : best));
    this.list.scrollTo(best);
  }

  /** Marks by rows, for all of the list: for each a share of the height and a colour. */
  drawMarks() {
    const { canvas, list } = this;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (width === 0 || height === 0) return;
    const scale = devicePixelRatio;
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
    }
    const context = canvas.getContext("2d");
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    const rows = Math.max(list.count, list.seen);
    const style = getComputedStyle(this.element);
    const mark = (from, to, colour, thinnest, x = 0) => {
      const y = (from / rows) * (height - thinnest);
      context.fillStyle = style.getPropertyValue(colour);
      context.fillRect(x, y, width - x, Math.max(thinnest, ((to - from) / rows) * height));
    };
    this.marks((row, colour, count = 1) => mark(row, row + count, colour, 1, width / 2));
    context.fillStyle = style.getPropertyValue("--thumb");
    context.fillRect(0, (list.top / rows) * height, 3, Math.max(8, (list.seen / rows) * height));
    for (const [from, to] of this.litRuns) mark(from, to, "--mark", 3);
  }

  marks() {}

  /** Shows where the program begins. */
  lookAtCode() {}
}

/** Rows in order as ranges; no more than a screen has pixels. */
function runs(rows) {
  const runs = [];
  for (const row of rows) {
    if (runs.length > 0 && runs.at(-1)[1] === row) runs.at(-1)[1]++;
    else if (runs.length < 4000) runs.push([row, row + 1]);
  }
  return runs;
}

/** So many steps of the indentation that all rows have in common are shown. */
const MAX_COMMON_DEPTH = 2;

/** A text whose every line has a span, or none. */
class TextPane extends Pane {
  constructor(options) {
    super(options);
    this.kind = options.kind;
    this.hasNumbers = options.hasNumbers ?? true;
    this.setText(options.text);
  }

  setText(text) {
    this.text = text;
    const isRemoved = (row) => text.signs?.[row] === "-";
    this.index = new SpanIndex(text, (row) => !isRemoved(row));
    this.removed = new SpanIndex(text, isRemoved);
    this.setLit([]);
    this.cursor = Math.min(this.cursor, text.lines.length - 1);
    this.list.setCount(text.lines.length);
    this.setSize(counted(text.lines.length, "line"));
    this.changes = [];
    text.signs?.forEach((sign, row) => sign !== " " && this.changes.push(row));
  }

  classes(row) {
    const sign = this.text.signs?.[row];
    return sign === "+" ? ["added"] : sign === "-" ? ["removed"] : [];
  }

  rows(from, to) {
    const { depths } = this.text;
    // In a deep nest what all rows have in common is left out.
    let shallowest = Infinity;
    for (let row = from; depths && row < to; row++) shallowest = Math.min(shallowest, depths[row]);
    this.outdent = depths && shallowest > MAX_COMMON_DEPTH ? shallowest - MAX_COMMON_DEPTH : 0;
    return super.rows(from, to);
  }

  row(row) {
    const { lines, depths, signs } = this.text;
    const gutter = signs ? signs[row].replace("-", "−") : this.hasNumbers ? row + 1 : "";
    const nest = this.outdent > 0 ? '<i class="more">⋯ </i>' : "";
    const indent = depths ? "  ".repeat(depths[row] - this.outdent) : "";
    return `<b>${gutter}</b><span>${nest}${indent}${coloured(this.kind, lines[row])}</span>`;
  }

  /** The span of what is at this place of the screen. */
  spanAt(event) {
    return this.spanOf(this.list.rowAt(event.clientY));
  }

  spanOf(row) {
    const { starts, ends } = this.text;
    return row >= 0 && starts[row] >= 0 ? { start: starts[row], end: ends[row], row } : null;
  }

  light(span, row) {
    const found = span ? [this.index, this.removed].flatMap((index) => index.find(span.start, span.end)) : [];
    // What was pointed at is lit, whatever else has its span.
    const rows = new Set(row < 0 ? found : [...found, row]);
    this.setLit([...rows].sort((a, b) => a - b));
  }

  lookAtCode() {
    const first = this.text.starts.findIndex((start) => start >= 0);
    if (first > 0 && !this.list.isSeen(first)) this.list.scrollTo(first);
  }

  /** Moves the cursor; returns the span of where it comes to. */
  move(key) {
    const last = this.list.count - 1;
    const page = Math.max(1, Math.floor(this.list.seen) - 1);
    const from = this.cursor >= 0 ? this.cursor : Math.ceil(this.list.top) - 1;
    const to = { ArrowDown: from + 1, ArrowUp: from - 1, PageDown: from + page, PageUp: from - page, Home: 0, End: last };
    if (!(key in to) || last < 0) return undefined;
    this.setCursor(Math.max(0, Math.min(last, to[key])));
    this.list.show(this.cursor);
    return this.spanOf(this.cursor);
  }

  /** Puts the cursor on the first line that is lit. */
  enter() {
    const [first] = this.lit;
    if (first !== undefined && !this.lit.has(this.cursor)) this.setCursor(first);
  }

  marks(mark) {
    const step = Math.max(1, Math.floor(this.changes.length / 2000));
    for (let at = 0; at < this.changes.length; at += step) {
      const row = this.changes[at];
      mark(row, this.text.signs[row] === "+" ? "--added" : "--removed");
    }
  }
}

/** The source, in which parts of lines light up. */
class SourcePane extends Pane {
  constructor(options) {
    super(options);
    this.source = options.source;
    this.heat = options.heat;
    /** The span of the operation at a byte. */
    this.spanAround = options.spanAround;
    this.span = null;
    /** The byte at which the cursor is. */
    this.offset = -1;
    this.setSize(counted(this.source.bytes.length, "byte"));
    this.rowStarts = this.source.rows(80);
    new ResizeObserver(() => this.layOut()).observe(this.scroller);
  }

  /** Wraps lines at the width that there is. */
  layOut() {
    const probe = document.createElement("span");
    probe.textContent = "0".repeat(100);
    this.list.window.append(probe);
    const character = probe.getBoundingClientRect().width / 100;
    probe.remove();
    const room = this.scroller.clientWidth - GUTTER - 8;
    if (room <= 0 || character === 0) return;
    const width = Math.max(16, Math.floor(room / character));
    if (width === this.width) return;
    const at = this.rowStarts[Math.floor(this.list.top)] ?? 0;
    this.character = character;
    this.width = width;
    this.rowStarts = this.source.rows(width);
    this.list.setCount(this.rowStarts.length);
    this.list.scrollTo(this.rowOf(at), 0);
    this.light(this.span);
  }

  rowOf(offset) {
    let [low, high] = [0, this.rowStarts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.rowStarts[middle] <= offset) low = middle;
      else high = middle;
    }
    return low;
  }

  /** Where the row ends, without the end of its line. */
  rowEnd(row) {
    const end = row + 1 < this.rowStarts.length ? this.rowStarts[row + 1] : this.source.bytes.length;
    return end > this.rowStarts[row] && this.source.bytes[end - 1] === "\n" ? end - 1 : end;
  }

  row(row) {
    const { bytes } = this.source;
    const [from, to] = [this.rowStarts[row], this.rowEnd(row)];
    const line = this.source.lineOf(from);
    const isFirst = this.source.lineStarts[line] === from;
    let html = `<b>${isFirst ? line + 1 : ""}</b><span>`;
    const heat = this.heat.walk(from);
    let [start, last] = [from, ""];
    for (let at = from; at <= to; at++) {
      const now = at < to ? this.classOf(at, heat) : null;
      if (now === last || (at < to && continuesCharacter(bytes.charCodeAt(at)))) continue;
      if (at > start) html += `<i class="${last}">${escaped(readable(bytes.slice(start, at)))}</i>`;
      [start, last] = [at, now];
    }
    return `${html}</span>`;
  }

  classOf(at, heat) {
    const byte = this.source.bytes[at];
    let name = COMMANDS.includes(byte) ? (byte === "[" || byte === "]" ? "bracket" : "command") : "other";
    const level = heat(at);
    if (level > 0) name += ` heat${level}`;
    if (this.span && at >= this.span.start && at < this.span.end) {
      const isEdge = (at === this.span.start || at === this.span.end - 1) && "[]".includes(byte);
      name += isEdge ? " on edge" : " on";
    }
    if (at === this.offset) name += " caret";
    return name;
  }

  /** The byte at this place of the screen; -1 beside the text. */
  byteAt(event) {
    const row = this.list.rowAt(event.clientY);
    if (row < 0) return -1;
    const x = event.clientX - this.scroller.getBoundingClientRect().left - GUTTER;
    let column = Math.floor(x / this.character);
    for (let at = this.rowStarts[row]; at < this.rowEnd(row); at++) {
      const byte = this.source.bytes.charCodeAt(at);
      if (!continuesCharacter(byte)) column -= byte === 9 ? 4 : 1;
      if (column < 0) return x < 0 ? -1 : at;
    }
    return -1;
  }

  spanAt(event) {
    const at = this.byteAt(event);
    return at < 0 ? null : this.spanAround(at);
  }

  light(span) {
    this.span = span;
    const first = span ? this.rowOf(span.start) : 0;
    const last = span ? this.rowOf(Math.max(span.start, span.end - 1)) : -1;
    this.setLit(Array.from({ length: last - first + 1 }, (_, at) => first + at));
  }

  move(key) {
    const { bytes } = this.source;
    const isCommand = (at) => COMMANDS.includes(bytes[at]);
    const before = (at) => {
      while (at >= 0 && !isCommand(at)) at--;
      return at;
    };
    const behind = (at) => {
      while (at < bytes.length && !isCommand(at)) at++;
      return at < bytes.length ? at : -1;
    };
    const at = this.offset >= 0 ? this.offset : this.rowStarts[Math.ceil(this.list.top)] - 1;
    const row = this.rowOf(Math.max(0, at));
    const page = Math.max(1, Math.floor(this.list.seen) - 1);
    // The first command in the row this far away, at the column where the cursor is or behind.
    const down = (rows) => {
      const to = Math.max(0, Math.min(this.rowStarts.length - 1, row + rows));
      const column = Math.min(Math.max(0, at - this.rowStarts[row]), this.rowEnd(to) - this.rowStarts[to]);
      const there = this.rowStarts[to] + column;
      const found = rows > 0 ? behind(there) : before(there);
      return found >= 0 ? found : rows > 0 ? before(there) : behind(there);
    };
    const moves = {
      ArrowRight: () => behind(at + 1),
      ArrowLeft: () => before(at - 1),
      ArrowDown: () => down(1),
      ArrowUp: () => down(-1),
      PageDown: () => down(page),
      PageUp: () => down(-page),
      Home: () => behind(0),
      End: () => before(bytes.length - 1),
    };
    if (!(key in moves)) return undefined;
    const to = moves[key]();
    if (to < 0) return null;
    this.offset = to;
    this.setCursor(this.rowOf(to));
    this.list.show(this.cursor);
    return this.spanAround(to);
  }

  enter() {
    if (!this.span || (this.offset >= this.span.start && this.offset < this.span.end)) return;
    this.offset = this.span.start;
    this.setCursor(this.rowOf(this.offset));
  }

  marks(mark) {
    const rows = this.rowStarts.length;
    const step = Math.max(1, Math.floor(rows / 1000));
    for (let row = 0; row < rows; row += step) {
      const level = this.heat.levelWithin(this.rowStarts[row], this.rowStarts[Math.min(row + step, rows - 1)]);
      if (level > 0) mark(row, `--heat${level}`, step);
    }
  }
}

/** The width of the column of numbers, in CSS pixels; the style says the same. */
const GUTTER = 48;
