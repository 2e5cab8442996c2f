// The page's data, unpacked. Texts are lists of lines, each with a span of the source: start and end, in bytes; -1 for none.

const DATA = JSON.parse(document.getElementById("data").textContent);

/** A text of LLVM's, or a part of one. */
function unpackLines({ text, spans }) {
  const lines = text.split("\n");
  lines.pop();
  const starts = new Int32Array(lines.length).fill(-1);
  const ends = new Int32Array(lines.length).fill(-1);
  let line = 0;
  let start = 0;
  for (let at = 0; at < spans.length; at += 3) {
    const [count, step, length] = spans.slice(at, at + 3);
    start += step;
    if (length >= 0) {
      starts.fill(start, line, line + count);
      ends.fill(start + length, line, line + count);
    }
    line += count;
  }
  return { lines, starts, ends };
}

/**
 * Finds lines by the part of the source they come from. What belongs to a span are the lines of exactly that span; without them those
 * with the same start; else those inside; else those of the smallest span around it.
 */
class SpanIndex {
  /** Of those lines of a text that are wanted. */
  constructor({ starts, ends }, isWanted) {
    this.starts = starts;
    this.ends = ends;
    const order = [];
    for (let line = 0; line < starts.length; line++) {
      if (starts[line] >= 0 && isWanted(line)) order.push(line);
    }
    this.order = Uint32Array.from(order).sort((a, b) => starts[a] - starts[b] || a - b);
  }

  /** The first place in the order whose span starts at `offset` or behind. */
  firstFrom(offset) {
    let [low, high] = [0, this.order.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.starts[this.order[middle]] < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The lines that belong to the span, in the order of the text. */
  find(start, end) {
    const same = [];
    const sameStart = [];
    const inside = [];
    for (let at = this.firstFrom(start); at < this.order.length; at++) {
      const line = this.order[at];
      if (this.starts[line] >= Math.max(end, start + 1)) break;
      if (this.starts[line] === start) (this.ends[line] === end ? same : sameStart).push(line);
      if (this.ends[line] <= end) inside.push(line);
    }
    const found = [same, sameStart, inside].find((lines) => lines.length > 0) ?? this.around(start, end);
    return found.sort((a, b) => a - b);
  }

  /** The lines of the smallest span that has all of this one in it. */
  around(start, end) {
    let smallest = Infinity;
    let found = [];
    for (let at = this.firstFrom(start + 1) - 1; at >= 0; at--) {
      const line = this.order[at];
      // A span that starts further away is larger than the one that was found.
      if (end - this.starts[line] > smallest) break;
      if (this.ends[line] < end) continue;
      const length = this.ends[line] - this.starts[line];
      if (length < smallest) found = [];
      if (length <= smallest) found.push(line);
      smallest = Math.min(smallest, length);
    }
    return found;
  }
}

/** The IR of ours at every stage: what each stage has, and what it took away from the one before. */
class StageTexts {
  constructor({ stages, cut, left_out: leftOut }) {
    this.stages = stages;
    this.cut = cut;
    this.leftOut = leftOut;
    this.patches = stages.map((stage) => ({ hunks: stage.hunks, ...unpackLines(stage) }));
    this.texts = [];
  }

  /** The text at a stage, without what it changed. */
  text(stage) {
    // Every stage is made of the one before.
    for (let at = this.texts.length; at <= stage; at++) this.texts.push(this.patched(at, false));
    return this.texts[stage];
  }

  /** The lines of a stage, each with a sign: "+" for those it added, "-" for those it took away if these are wanted. */
  patched(stage, withRemoved) {
    const { hunks, ...added } = this.patches[stage];
    const before = stage > 0 ? this.text(stage - 1) : { lines: [], starts: [], ends: [] };
    const [lines, starts, ends, signs] = [[], [], [], []];
    const copy = (text, from, to, sign) => {
      for (let at = from; at < to; at++) {
        lines.push(text.lines[at]);
        starts.push(text.starts[at]);
        ends.push(text.ends[at]);
        signs.push(sign);
      }
    };
    let [oldAt, newAt] = [0, 0];
    for (let at = 0; at < hunks.length; at += 3) {
      const [start, removed, count] = hunks.slice(at, at + 3);
      copy(before, oldAt, start, " ");
      if (withRemoved) copy(before, start, start + removed, "-");
      copy(added, newAt, newAt + count, stage > 0 ? "+" : " ");
      [oldAt, newAt] = [start + removed, newAt + count];
    }
    copy(before, oldAt, before.lines.length, " ");
    return { lines, starts: Int32Array.from(starts), ends: Int32Array.from(ends), signs };
  }

  /** What is to be seen of a stage. */
  show(stage, withChanges) {
    const text = withChanges ? this.patched(stage, true) : { ...this.text(stage), signs: null };
    text.depths = depths(text.lines, text.signs);
    return text;
  }
}

/** How deep each line stands. Those that were taken away stand as they stood before. */
function depths(lines, signs) {
  const depths = new Uint32Array(lines.length);
  let [now, before] = [0, 0];
  for (let at = 0; at < lines.length; at++) {
    const [line, sign] = [lines[at], signs ? signs[at] : " "];
    const isEnd = line === "end";
    const step = isEnd ? -1 : line.startsWith("loop ") || line.startsWith("if ") ? 1 : 0;
    depths[at] = Math.max(0, (sign === "-" ? before : now) - (isEnd ? 1 : 0));
    if (sign !== "-") now += step;
    if (sign !== "+") before += step;
  }
  return depths;
}

/** The source: bytes, lines and places. */
class SourceText {
  constructor(bytes) {
    this.bytes = bytes;
    const starts = [0];
    for (let at = bytes.indexOf("\n"); at >= 0; at = bytes.indexOf("\n", at + 1)) starts.push(at + 1);
    this.lineStarts = starts;
  }

  lineOf(offset) {
    let [low, high] = [0, this.lineStarts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.lineStarts[middle] <= offset) low = middle;
      else high = middle;
    }
    return low;
  }

  /** The place of a byte as messages have it: line and column from 1, the column in characters. */
  place(offset) {
    const line = this.lineOf(offset);
    let column = 1;
    for (let at = this.lineStarts[line]; at < offset; at++) {
      if (!continuesCharacter(this.bytes.charCodeAt(at))) column++;
    }
    return `${line + 1}:${column}`;
  }

  /** The rows of at most `width` bytes that the lines make: where each begins, and at the end where the last one ends. */
  rows(width) {
    const rows = [];
    for (let line = 0; line < this.lineStarts.length; line++) {
      const end = line + 1 < this.lineStarts.length ? this.lineStarts[line + 1] - 1 : this.bytes.length;
      let at = this.lineStarts[line];
      do {
        rows.push(at);
        at += width;
        while (at < end && continuesCharacter(this.bytes.charCodeAt(at))) at++;
      } while (at < end);
    }
    return Uint32Array.from(rows);
  }
}

/** Whether a byte is, in UTF-8, one of those behind the first of a character. */
function continuesCharacter(byte) {
  return (byte & 0xc0) === 0x80;
}

const COMMANDS = "><+-.,[]";
