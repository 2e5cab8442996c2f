// A list of any length of which only what is seen is in the page.

/** Browsers lay out no more than this, in CSS pixels: longer lists are scrolled through faster. */
const MAX_HEIGHT = 8_000_000;

/** So many rows are laid out above and below of what is seen. */
const MARGIN = 8;

class VirtualList {
  /** In `scroller`; `render` gives the HTML of the rows from one up to, not including, another. */
  constructor(scroller, render) {
    this.scroller = scroller;
    this.render = render;
    this.count = 0;
    this.sizer = scroller.appendChild(document.createElement("div"));
    this.sizer.className = "sizer";
    this.window = this.sizer.appendChild(document.createElement("div"));
    this.window.className = "window";
    this.isAsked = false;
    this.onscroll = () => {};
    scroller.addEventListener("scroll", () => this.ask(), { passive: true });
    new ResizeObserver(() => this.ask()).observe(scroller);
  }

  setCount(count) {
    this.count = count;
    this.sizer.style.height = `${Math.min(count * ROW_HEIGHT, MAX_HEIGHT)}px`;
    this.ask();
  }

  /** How far the list moves for a pixel of scrolling. */
  get ratio() {
    const total = this.count * ROW_HEIGHT;
    const view = this.scroller.clientHeight;
    return total <= MAX_HEIGHT ? 1 : (total - view) / (MAX_HEIGHT - view);
  }

  /** The first row that is seen, with the part of it that is not. */
  get top() {
    return (this.scroller.scrollTop * this.ratio) / ROW_HEIGHT;
  }

  /** How many rows are seen. */
  get seen() {
    return this.scroller.clientHeight / ROW_HEIGHT;
  }

  isSeen(row) {
    return row >= this.top && row + 1 <= this.top + this.seen;
  }

  /** Makes `row` the one at this share of the height. */
  scrollTo(row, share = 0.35) {
    const top = Math.max(0, row - Math.floor(this.seen * share));
    this.scroller.scrollTop = (top * ROW_HEIGHT) / this.ratio;
    this.draw();
  }

  /** Scrolls as far as has to be for `row` to be seen. */
  show(row) {
    if (row < this.top) this.scrollTo(row, 0);
    else if (row + 1 > this.top + this.seen) this.scrollTo(row, 1 - 1 / this.seen);
  }

  /** The row at this height on the screen. */
  rowAt(y) {
    const row = Math.floor(this.top + (y - this.scroller.getBoundingClientRect().top) / ROW_HEIGHT);
    return row >= 0 && row < this.count ? row : -1;
  }

  /** Draws before the screen is next painted. */
  ask() {
    if (this.isAsked) return;
    this.isAsked = true;
    requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.isAsked = false;
    const top = this.top;
    const from = Math.max(0, Math.floor(top) - MARGIN);
    const to = Math.min(this.count, Math.ceil(top + this.seen) + MARGIN);
    this.window.innerHTML = this.render(from, to);
    // Where the list moves faster than the page, it is always laid out from where the page is.
    const y = this.ratio === 1 ? from * ROW_HEIGHT : this.scroller.scrollTop - (top - from) * ROW_HEIGHT;
    this.window.style.transform = `translateY(${y}px)`;
    this.onscroll();
  }
}

/** The height of a row, in CSS pixels; the style says the same. */
const ROW_HEIGHT = 20;
