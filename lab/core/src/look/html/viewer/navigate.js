// The ways around: every command has a name, keys and a sentence, and stands in one table.
//
// The table makes the buttons work, the keys, and the list of keys. W, S, A and D are what
// Perfetto and viztracer have them for. The wheel scrolls the page as everywhere; with Ctrl it
// zooms, sideways it pans. Dragging the lanes pans, dragging the ruler shows what was dragged
// over, and a double click shows the slice under it.

const COMMANDS = [
  { name: "zoom-in", keys: ["w", "+", "="], says: "zoom in" },
  { name: "zoom-out", keys: ["s", "-"], says: "zoom out" },
  { name: "pan-left", keys: ["a"], says: "go to the left, earlier" },
  { name: "pan-right", keys: ["d"], says: "go to the right, later" },
  { name: "fit", keys: ["f", "Home"], says: "show everything" },
  { name: "undo", keys: ["z"], says: "undo the last zoom or jump" },
  {
    name: "previous-slice",
    keys: ["ArrowLeft"],
    says: "the slice before, in the same lane",
    focused: true,
  },
  {
    name: "next-slice",
    keys: ["ArrowRight"],
    says: "the next slice in the same lane",
    focused: true,
  },
  { name: "lane-up", keys: ["ArrowUp"], says: "the lane above, at the same time", focused: true },
  {
    name: "lane-down",
    keys: ["ArrowDown"],
    says: "the lane below, at the same time",
    focused: true,
  },
  {
    name: "zoom-slice",
    keys: ["Enter"],
    says: "select a slice; once more: show it large",
    focused: true,
  },
  { name: "previous-wait", keys: ["["], says: "the wait before, in this lane or above" },
  { name: "next-wait", keys: ["]"], says: "the next wait, in this lane or below" },
  { name: "waker", keys: ["j"], says: "jump to who woke this slice" },
  { name: "woken", keys: ["k"], says: "jump to whom this slice woke" },
  { name: "previous-event", keys: [","], says: "one event back, in all lanes: slow motion" },
  { name: "next-event", keys: ["."], says: "one event on, in all lanes" },
  { name: "unselect", keys: ["Escape"], says: "select nothing" },
  { name: "help", keys: ["?"], says: "this list" },
];

const MOUSE = [
  ["click", "select a slice"],
  ["double click", "show a slice large"],
  ["click on a run's heading", "show that run as wide as the window"],
  ["drag", "move through time; on the ruler: show what was dragged over"],
  ["Ctrl + wheel", "zoom where the pointer is"],
  ["Shift + wheel", "move through time"],
];

const KEY_SIGNS = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", " ": "space" };

class Navigation {
  constructor(drawing, selection) {
    Object.assign(this, { drawing, selection });
    this.pointerTime = null;
    this.listenToKeys();
    this.listenToButtons();
    this.listenToPointer(drawing.lanes);
    this.listenToRuler(drawing.ruler);
    drawing.scroll.addEventListener("scroll", () => drawing.ask(), { passive: true });
    fillHelp();
  }

  /** Does what a command says. */
  run(name) {
    const { range } = this.drawing;
    const { selection } = this;
    const focus = this.pointerTime ?? undefined;
    const actions = {
      "zoom-in": () => range.zoom(1 / 1.5, focus),
      "zoom-out": () => range.zoom(1.5, focus),
      "pan-left": () => range.pan(-0.15),
      "pan-right": () => range.pan(0.15),
      fit: () => range.show(0, range.length),
      undo: () => range.undo(),
      "previous-slice": () => selection.step(-1),
      "next-slice": () => selection.step(1),
      "lane-up": () => selection.stepLane(-1),
      "lane-down": () => selection.stepLane(1),
      "zoom-slice": () => selection.zoom(),
      "previous-wait": () => selection.stepWait(-1),
      "next-wait": () => selection.stepWait(1),
      waker: () => selection.toWaker(),
      woken: () => selection.toWoken(),
      "previous-event": () => selection.stepEvent(-1),
      "next-event": () => selection.stepEvent(1),
      unselect: () => selection.clear(),
      help: () => document.getElementById("help").showModal(),
    };
    actions[name]();
    this.drawing.ask();
  }

  /** Letters work everywhere but in a text field; keys that pages need, on the lanes alone. */
  listenToKeys() {
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target.matches("input") || event.target.closest("dialog")) return;
      const command = COMMANDS.find(
        ({ keys }) => keys.includes(event.key) || keys.includes(event.key.toLowerCase()),
      );
      const isOnLanes = event.target === this.drawing.lanes;
      if (!command || (command.focused && !isOnLanes)) return;
      event.preventDefault();
      // A key means the middle of the picture; the pointer may have been left anywhere.
      this.pointerTime = null;
      this.run(command.name);
    });
  }

  listenToButtons() {
    for (const button of document.querySelectorAll("[data-command]")) {
      button.addEventListener("click", () => {
        this.pointerTime = null;
        this.run(button.dataset.command);
      });
    }
    const filter = document.getElementById("filter");
    filter.addEventListener("input", () => {
      this.drawing.rows.setFilter(filter.value);
      this.drawing.measure();
    });
  }

  listenToPointer(canvas) {
    let drag = null;
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      drag = { x: event.clientX, from: this.drawing.range.from, moved: false };
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      this.pointAt(event);
      if (!drag) return;
      const by = event.clientX - drag.x;
      drag.moved ||= Math.abs(by) > 3;
      if (drag.moved) this.dragTo(drag, by);
    });
    canvas.addEventListener("pointerup", (event) => {
      if (drag && !drag.moved) this.click(event);
      drag = null;
    });
    canvas.addEventListener("pointercancel", () => (drag = null));
    canvas.addEventListener("pointerleave", () => this.leave());
    canvas.addEventListener("dblclick", (event) => {
      if (this.hit(event.offsetX, event.offsetY)) this.run("zoom-slice");
    });
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
  }

  dragTo(drag, by) {
    const { range, paint, pixels } = this.drawing;
    const span = range.span;
    const time = drag.from - (by * paint.scale * span) / pixels;
    range.set(
      Math.min(Math.max(time, 0), range.length - span),
      Math.min(Math.max(time, 0), range.length - span) + span,
    );
    this.drawing.ask();
  }

  wheel(event) {
    const { range } = this.drawing;
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      range.zoom(1.0015 ** event.deltaY, this.drawing.timeAt(event.offsetX));
    } else if (Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY)) {
      event.preventDefault();
      range.pan(sideways / this.drawing.width);
    } else {
      return;
    }
    this.drawing.ask();
  }

  /** What is under a point of the canvas, in CSS pixels. */
  hit(x, y) {
    const row = this.drawing.rows.at(y + this.drawing.scroll.scrollTop);
    if (!row?.lane || x < this.drawing.gutter) return null;
    const index = this.nearest(row.lane, x);
    return index >= 0 ? { lane: row.lane, index } : null;
  }

  /** The slice at a point, or a shorter one close by: two pixels are hard to hit. */
  nearest(lane, x) {
    const here = spanAt(lane, this.drawing.timeAt(x));
    const [left, right] = [
      spanAt(lane, this.drawing.timeAt(x - 3)),
      spanAt(lane, this.drawing.timeAt(x + 3)),
    ];
    const length = (index) => (index < 0 ? Infinity : lane.from[index + 1] - lane.from[index]);
    const close = [];
    for (let index = Math.max(0, left); index <= right && close.length < 64; index++)
      close.push(index);
    const short = close.filter(
      (index) => length(index) < (this.drawing.range.span * 4) / this.drawing.width,
    );
    const inView = short.filter((index) => !isIdle(this.drawing.trace, lane, index));
    return inView.sort((one, other) => length(other) - length(one))[0] ?? here;
  }

  click(event) {
    const row = this.drawing.rows.at(event.offsetY + this.drawing.scroll.scrollTop);
    if (row?.what === "fold") {
      this.drawing.rows.toggleFold(row.run);
      return this.drawing.measure();
    }
    if (row?.what === "heading") this.drawing.range.show(0, row.run.length);
    const place = this.hit(event.offsetX, event.offsetY);
    if (place) this.selection.select(place.lane, place.index);
    this.drawing.ask();
  }

  pointAt(event) {
    const { drawing } = this;
    this.pointerTime = event.offsetX >= drawing.gutter ? drawing.timeAt(event.offsetX) : null;
    const hover = this.hit(event.offsetX, event.offsetY);
    showTip(drawing, hover, event);
    if (hover?.lane === drawing.hover?.lane && hover?.index === drawing.hover?.index) return;
    drawing.hover = hover;
    drawing.ask();
  }

  leave() {
    this.pointerTime = null;
    this.drawing.hover = null;
    showTip(this.drawing, null);
    this.drawing.ask();
  }

  /** On the bar and the times: what is dragged over is shown. */
  listenToRuler(ruler) {
    let from = null;
    ruler.addEventListener("pointerdown", (event) => {
      from = this.drawing.timeAt(event.offsetX);
      ruler.setPointerCapture(event.pointerId);
    });
    ruler.addEventListener("pointerup", (event) => {
      const until = this.drawing.timeAt(event.offsetX);
      const isWide = from !== null && Math.abs(until - from) > this.drawing.range.span / 200;
      if (isWide) this.drawing.range.show(Math.min(from, until), Math.max(from, until));
      from = null;
      this.drawing.ask();
    });
  }
}

/** A line of text beside the pointer: what is under it. */
function showTip(drawing, place, event) {
  const tip = document.getElementById("hint");
  tip.hidden = !place;
  if (!place) return;
  const { lane, index } = place;
  const length = duration(lane.from[index + 1] - lane.from[index]);
  tip.textContent = `${lane.name}: ${stateName(drawing.trace, lane, index)}, ${length}`;
  const room = drawing.width - tip.offsetWidth - 4;
  tip.style.left = `${Math.max(0, Math.min(event.offsetX + 14, room))}px`;
  tip.style.top = `${event.offsetY + 48}px`;
}

function fillHelp() {
  const body = document.getElementById("keys");
  for (const { keys, says } of COMMANDS) {
    const signs = keys.map((key) =>
      element("kbd", {}, KEY_SIGNS[key] ?? (key.length === 1 ? key.toUpperCase() : key)),
    );
    body.append(
      element("tr", {}, element("th", { scope: "row" }, ...signs), element("td", {}, says)),
    );
  }
  for (const [what, says] of MOUSE) {
    body.append(element("tr", {}, element("th", { scope: "row" }, what), element("td", {}, says)));
  }
}
