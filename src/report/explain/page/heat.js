// The heat of the loops, from a run.

const LEVELS = 6;

/** From this share of the time on a loop has a level: the first is the lowest. */
const SHARES = [0.002, 0.01, 0.03, 0.08, 0.2, 0.4];

/** From so many samples on times mean something. */
const MIN_SAMPLES = 20;

const METRICS = {
  time: { title: "time", explains: "share of the time that the loop itself took" },
  iterations: { title: "iterations", explains: "how often the loop went around: a level hotter is four times as often" },
  off: { title: "off", explains: "" },
};

class Heat {
  constructor(profile) {
    this.profile = profile;
    const rows = profile?.loops ?? [];
    this.loops = rows.map(([start, length, form, entries, iterations, self, total]) => {
      return { start, end: start + length, form, entries, iterations, self, total };
    });
    this.isTimed = (profile?.samples ?? 0) >= MIN_SAMPLES;
    this.maxIterations = this.loops.reduce((most, { iterations }) => Math.max(most, iterations ?? 0), 0);
    this.findEdges();
    this.set(this.defaultMetric());
  }

  defaultMetric() {
    if (!this.profile || this.maxIterations === 0) return "off";
    return this.isTimed ? "time" : "iterations";
  }

  /** What can be shown. */
  metrics() {
    if (!this.profile) return ["off"];
    return this.isTimed ? ["time", "iterations", "off"] : ["iterations", "off"];
  }

  set(metric) {
    this.metric = metric;
    this.levels = Uint8Array.from(this.loops, (loop) => this.level(loop));
  }

  /** The share of the time that was spent in the loop itself. */
  share(loop) {
    return loop.self === null || !this.profile.sampled_us ? 0 : loop.self / this.profile.sampled_us;
  }

  level(loop) {
    if (loop.iterations === null) return 0;
    switch (this.metric) {
      case "time":
        return SHARES.filter((share) => this.share(loop) >= share).length;
      case "iterations":
        if (loop.iterations === 0) return 0;
        return Math.max(1, LEVELS - Math.floor(Math.log(this.maxIterations / loop.iterations) / Math.log(4)));
      default:
        return 0;
    }
  }

  /** Where the innermost loop that is not folded becomes another one, and which; -1 outside of all. */
  findEdges() {
    const [at, innermost] = [[0], [-1]];
    const open = [];
    const edge = (offset) => {
      const loop = open.at(-1) ?? -1;
      if (at.at(-1) === offset) innermost[innermost.length - 1] = loop;
      else {
        at.push(offset);
        innermost.push(loop);
      }
    };
    // A loop that is closed leaves the one around it.
    const close = (offset) => {
      while (open.length > 0 && this.loops[open.at(-1)].end <= offset) {
        const { end } = this.loops[open.pop()];
        edge(end);
      }
    };
    this.loops.forEach((loop, index) => {
      close(loop.start);
      if (loop.iterations === null) return;
      open.push(index);
      edge(loop.start);
    });
    close(Infinity);
    this.edges = Int32Array.from(at);
    this.innermost = Int32Array.from(innermost);
  }

  /** The place in the edges of the one at `offset` or before. */
  edgeAt(offset) {
    let [low, high] = [0, this.edges.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.edges[middle] <= offset) low = middle;
      else high = middle;
    }
    return low;
  }

  /** Gives the level of bytes that are asked for in order, from `from` on. */
  walk(from) {
    let edge = this.edgeAt(from);
    return (offset) => {
      while (edge + 1 < this.edges.length && this.edges[edge + 1] <= offset) edge++;
      const loop = this.innermost[edge];
      return loop < 0 ? 0 : this.levels[loop];
    };
  }

  /** The highest level in a part of the source. */
  levelWithin(from, to) {
    let level = 0;
    for (let edge = this.edgeAt(from); edge < this.edges.length && this.edges[edge] < Math.max(to, from + 1); edge++) {
      const loop = this.innermost[edge];
      if (loop >= 0) level = Math.max(level, this.levels[loop]);
    }
    return level;
  }

  /** The innermost loop of the source around a byte, folded or not. */
  loopAround(offset) {
    let [low, high] = [0, this.loops.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.loops[middle].start <= offset) low = middle + 1;
      else high = middle;
    }
    for (let at = low - 1; at >= 0; at--) {
      if (this.loops[at].end > offset) return this.loops[at];
    }
    return null;
  }

  /** The loops that are left, the hottest first, then those that are folded. */
  sorted() {
    const key = ({ iterations, self }) => (iterations === null ? -1 : this.isTimed ? self * 1e6 + iterations : iterations);
    return [...this.loops].sort((a, b) => key(b) - key(a) || a.start - b.start);
  }
}
