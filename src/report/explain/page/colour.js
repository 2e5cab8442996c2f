// Texts to HTML: what is what is said by classes.

/** How much of a line is put on the screen. */
const MAX_SHOWN = 1200;

const PATTERNS = {
  bfir: /(?<string>"[^"]*"?)|(?<cell>\[-?\d+\])|(?<word>^\w+)|(?<type>\b[a-z]+\b)|(?<number>-?\b\d+\b)/g,
  llvm: new RegExp(
    [
      /(?<comment>;.*)/,
      /(?<string>c?"[^"]*"?)/,
      /(?<label>^[\w.$-]+:)/,
      /(?<value>%[\w.$-]+)/,
      /(?<global>@[\w.$-]+|#\d+|![\w.]+)/,
      /(?<type>\b(?:i\d+|ptr|void|label)\b)/,
      /(?<number>-?\b\d+\b|\b(?:true|false|null|undef|poison|zeroinitializer)\b)/,
      /(?<word>\b[a-z][\w.]*\b)/,
    ]
      .map((part) => part.source)
      .join("|"),
    "g",
  ),
  assembly: new RegExp(
    [
      /(?<comment>#.*)/,
      /(?<string>"[^"]*"?)/,
      /(?<label>^[\w.$]+:)/,
      /(?<type>^\s+\.[\w.]+)/,
      /(?<word>^\s+[a-z]\w*)/,
      /(?<value>%\w+)/,
      /(?<number>\$?-?\b(?:0x)?[\da-f]+\b)/,
      /(?<global>[.\w]+(?:@\w+)?)/,
    ]
      .map((part) => part.source)
      .join("|"),
    "g",
  ),
  loops: /(?<number>^\s*\S+%)|(?<label>\b\d+:\d+\b)|(?<comment>folded)/g,
};

function escaped(text) {
  return text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}

/** LLVM lays out its texts for 80 columns and more; panes are narrower. */
const SPACING = {
  llvm: (line) => line.replace(/ {3,};/, "  ;"),
  assembly: (line) =>
    line
      .replace(/^\t(\S+)(?:\t|$)/, (_, word) => `    ${word.padEnd(8)}`)
      .replace(/^\s{9,}#/, "    #")
      .replace(/\s{3,}#/, "  #"),
};

/** A line of a text of this kind. */
function coloured(kind, line) {
  const spaced = SPACING[kind]?.(line) ?? line;
  const shown = spaced.slice(0, MAX_SHOWN);
  let html = "";
  let at = 0;
  for (const match of shown.matchAll(PATTERNS[kind])) {
    const [name] = Object.entries(match.groups).find(([, text]) => text !== undefined);
    html += `${escaped(shown.slice(at, match.index))}<i class="${name}">${escaped(match[0])}</i>`;
    at = match.index + match[0].length;
  }
  html += escaped(shown.slice(at));
  const leftOut = spaced.length - shown.length;
  if (leftOut > 0) html += `<i class="more"> … ${grouped(leftOut)} characters more</i>`;
  return html;
}

/** A number with its thousands apart. */
function grouped(number) {
  return number.toString().replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

/** A number of these, in words. */
function counted(number, what) {
  return `${grouped(number)} ${what}${number === 1 ? "" : "s"}`;
}

/** The bytes of a source as text: UTF-8, with a dot for what cannot be shown. */
function readable(bytes) {
  if (!/[^\x20-\x7e]/.test(bytes)) return bytes;
  const text = new TextDecoder().decode(Uint8Array.from(bytes, (c) => c.charCodeAt(0)));
  return text.replace(/\t/g, "    ").replace(/[\x00-\x1f\x7f\ufffd]/g, "·");
}
