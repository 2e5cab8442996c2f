// The slider through the stages: a column for each, whose height is that of the program: the square root of its length, since
// most of it goes in the first passes.

class StageSlider {
  constructor(stages, onchange) {
    this.stages = stages;
    this.onchange = onchange;
    this.input = document.getElementById("stage");
    this.columns = document.getElementById("columns");
    const most = Math.max(1, ...stages.map((stage) => stage.operations));
    for (const [at, stage] of stages.entries()) {
      const column = document.createElement("div");
      column.className = "column";
      column.title = `${stage.name}: ${counted(stage.operations, "operation")}`;
      column.innerHTML = `<div class="bar"><i style="height:${(100 * Math.sqrt(stage.operations / most)).toFixed(2)}%"></i></div>
        <span>${escaped(stage.name)}</span>`;
      column.addEventListener("click", () => this.go(at));
      this.columns.append(column);
    }
    document.querySelector(".rail").style.setProperty("--stages", stages.length);
    this.input.max = stages.length - 1;
    this.input.addEventListener("input", () => this.go(Number(this.input.value)));
    document.getElementById("previous").addEventListener("click", () => this.go(this.at - 1));
    document.getElementById("next").addEventListener("click", () => this.go(this.at + 1));
    this.at = -1;
  }

  go(at) {
    const to = Math.max(0, Math.min(this.stages.length - 1, at));
    if (to === this.at) return;
    this.at = to;
    this.input.value = to;
    const stage = this.stages[to];
    const before = to > 0 ? this.stages[to - 1] : null;
    this.input.setAttribute("aria-valuetext", `${stage.name}, ${to + 1} of ${this.stages.length}`);
    [...this.columns.children].forEach((column, index) => {
      column.classList.toggle("now", index === to);
      column.classList.toggle("past", index < to);
    });
    document.getElementById("previous").disabled = to === 0;
    document.getElementById("next").disabled = to === this.stages.length - 1;
    document.getElementById("pass").textContent = stage.name;
    document.getElementById("summary").textContent = stage.summary;
    document.getElementById("count").innerHTML = `${to + 1}/${this.stages.length} · ${this.difference(stage, before)}`;
    this.onchange(to);
  }

  /** The number of operations, and what became of it and of the loops. */
  difference(stage, before) {
    const operations = counted(stage.operations, "op");
    const change = (now, was) => {
      const by = now - was;
      return by === 0 ? "" : ` <i class="${by < 0 ? "less" : "more"}">${by < 0 ? "−" : "+"}${grouped(Math.abs(by))}</i>`;
    };
    const loops = `${counted(stage.loops, "loop")}${before ? change(stage.loops, before.loops) : ""}`;
    return `${operations}${before ? change(stage.operations, before.operations) : ""} · ${loops}`;
  }
}
