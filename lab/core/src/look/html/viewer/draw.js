// The drawing: one picture of what is in view, made anew whenever that changes.
//
// Nothing is drawn unless something has changed, and then once, in the next animation frame.
// Everything is in device pixels, so that an edge is an edge on every screen. The lanes' canvas
// is as large as what can be seen of them; it stays in place while the rows scroll under it.

class Drawing {
  constructor(trace, rows, range, paint) {
    Object.assign(this, { trace, rows, range, paint });
    this.stage = document.getElementById("stage");
    this.scroll = document.getElementById("scroll");
    this.lanes = document.getElementById("lanes");
    this.ruler = document.getElementById("ruler");
    this.block = new Block();
    this.selection = null;
    this.hover = null;
    this.frames = [];
    this.count = 0;
    this.isAsked = false;
  }

  /** Asks for a new picture. */
  ask() {
    if (this.isAsked) return;
    this.isAsked = true;
    requestAnimationFrame(() => {
      this.isAsked = false;
      const begin = performance.now();
      this.draw();
      this.count += 1;
      this.frames.push(performance.now() - begin);
      if (this.frames.length > 1000) this.frames.shift();
    });
  }

  /** Fits the canvases to the window. */
  measure() {
    if (this.paint.scale !== (window.devicePixelRatio || 1)) this.paint.mix();
    const width = this.scroll.clientWidth;
    // A page that is not shown, or is about to be printed, may have no width for a moment.
    if (width === 0) return;
    const height = Math.min(this.rows.height, Math.max(240, Math.round(window.innerHeight * 0.72)));
    this.scroll.style.height = `${height}px`;
    document.getElementById("spacer").style.height = `${Math.max(0, this.rows.height - height)}px`;
    this.gutter = Math.round(Math.min(Math.max(width * 0.2, 112), 210));
    this.width = width;
    this.height = height;
    const resized = [
      resize(this.ruler, width, 30, this.paint),
      resize(this.lanes, width, height, this.paint),
    ];
    // A canvas that gets another size is empty until it is drawn on: at once, so that nobody sees.
    if (resized.includes(true)) this.draw();
    else this.ask();
  }

  /** Where time begins on the canvas, and how many device pixels it has. */
  get left() {
    return Math.round(this.gutter * this.paint.scale);
  }

  get pixels() {
    return Math.max(1, this.lanes.width - this.left);
  }

  x(time) {
    return this.left + ((time - this.range.from) / this.range.span) * this.pixels;
  }

  /** The time at a distance from the canvas's left edge, in CSS pixels. */
  timeAt(x) {
    return this.range.from + ((x * this.paint.scale - this.left) / this.pixels) * this.range.span;
  }

  /** Scrolls until a row can be seen. */
  showRow(row) {
    this.measure();
    const { scroll } = this;
    if (row.top < scroll.scrollTop) scroll.scrollTop = row.top;
    const below = row.top + row.height - this.height;
    if (below > scroll.scrollTop) scroll.scrollTop = below;
  }

  /** The top of a row on the canvas, in device pixels. */
  top(row) {
    return Math.round((row.top - this.scroll.scrollTop) * this.paint.scale);
  }

  /** What lies behind a run's lanes; the same for all of them in one picture. */
  behind(run) {
    if (!this.backgrounds.has(run)) this.backgrounds.set(run, behindLanes(this, run));
    return this.backgrounds.get(run);
  }

  draw() {
    drawRuler(this);
    this.backgrounds = new Map();
    const context = this.lanes.getContext("2d", { alpha: false });
    context.fillStyle = this.paint.ground;
    context.fillRect(0, 0, this.lanes.width, this.lanes.height);
    const top = this.scroll.scrollTop;
    const shown = this.rows.between(top, top + this.height);
    drawGrid(this, context);
    for (const row of shown) drawRow(this, context, row);
    drawSelection(this, context);
  }
}

/** Gives a canvas its size in CSS pixels, if it has another; tells whether it had. */
function resize(canvas, width, height, { scale }) {
  const pixels = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width === pixels[0] && canvas.height === pixels[1]) return false;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  [canvas.width, canvas.height] = pixels;
  return true;
}

/** A round length of time that makes at most so many ticks. */
function tickStep(span, ticks) {
  const least = span / Math.max(ticks, 1);
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= least);
}

function eachTick(drawing, use) {
  const { range, paint } = drawing;
  const step = Math.max(1, tickStep(range.span, drawing.pixels / paint.scale / 90));
  for (let at = Math.ceil(range.from / step) * step; at <= range.until; at += step)
    use(at, Math.round(drawing.x(at)));
}

/** The ruler: a bar that shows which part of the whole is in view, and the times below it. */
function drawRuler(drawing) {
  const { ruler, paint, range } = drawing;
  const context = ruler.getContext("2d", { alpha: false });
  context.fillStyle = paint.heading;
  context.fillRect(0, 0, ruler.width, ruler.height);
  const [scale, left] = [paint.scale, drawing.left];
  const part = (time) => left + (time / range.length) * drawing.pixels;
  context.fillStyle = paint.line;
  context.fillRect(left, 0, drawing.pixels, 5 * scale);
  context.fillStyle = paint.selected;
  const from = part(range.from);
  context.fillRect(from, 0, Math.max(3 * scale, part(range.until) - from), 5 * scale);
  write(context, paint, "time", 10 * scale, 20 * scale, { colour: paint.quiet });
  eachTick(drawing, (time, x) => {
    context.fillStyle = paint.quiet;
    context.fillRect(x, 24 * scale, scale, 6 * scale);
    const text = tickLabel(time, range.span);
    const width = context.measureText(text).width;
    const start = Math.min(Math.max(x - width / 2, left), ruler.width - width - 2 * scale);
    write(context, paint, text, start, 20 * scale, { colour: paint.ink });
  });
}

/** A moment, with as many digits as neighbours on the ruler need to differ. */
function tickLabel(time, span) {
  if (time === 0) return "0";
  const units = [
    [1e9, "s"],
    [1e6, "ms"],
    [1e3, "µs"],
    [1, "ns"],
  ];
  const [scale, unit] = units.find(([size]) => time >= size) ?? units[3];
  const digits = Math.max(0, Math.ceil(Math.log10(scale / (span / 20))));
  return `${(time / scale)
    .toFixed(Math.min(digits, 9))
    .replace(/(\.\d*?)0+$/, "$1")
    .replace(/\.$/, "")} ${unit}`;
}

function drawGrid(drawing, context) {
  context.fillStyle = drawing.paint.line;
  eachTick(drawing, (_, x) => {
    if (x >= drawing.left)
      context.fillRect(x, 0, Math.max(1, Math.floor(drawing.paint.scale)), drawing.lanes.height);
  });
}

/** Writes in the font of the page. `style` has a colour, and maybe a size, a weight, a width. */
function write(context, paint, text, x, y, { colour, size = 11, weight = "", width = Infinity }) {
  context.font = `${weight} ${size * paint.scale}px system-ui, sans-serif`;
  context.fillStyle = colour;
  context.textBaseline = "alphabetic";
  const shown = fitting(context, text, width);
  context.fillText(shown, x, y);
  return shown;
}

/** The text, cut with an ellipsis if it is wider than `width`; empty if nothing fits. */
function fitting(context, text, width) {
  if (width === Infinity || context.measureText(text).width <= width) return text;
  let length = text.length;
  while (length > 0 && context.measureText(`${text.slice(0, length)}…`).width > width) length--;
  return length > 0 ? `${text.slice(0, length)}…` : "";
}
