// The paint: how each state looks, so that it is told by shape as well as by colour.
//
// The colours come from the style sheet, which has a set for light, one for dark, and takes the
// system's own where a person has chosen high contrast. The shapes stay the same in all of them:
//
//   run       full height, solid            wait-gil  not half the height, hatched
//   native    full height, upright lines    wait-io   not half the height, dotted
//   ipc       full height, level lines      sleep     a low bar, solid
//   ready     an outline                    idle      a thin line

const SHAPES = {
  idle: { height: 0, pattern: "solid" },
  run: { height: 1, pattern: "solid" },
  ready: { height: 0.7, pattern: "outline" },
  "wait-gil": { height: 0.45, pattern: "hatch" },
  native: { height: 1, pattern: "upright" },
  "wait-io": { height: 0.45, pattern: "dots" },
  sleep: { height: 0.22, pattern: "solid" },
  ipc: { height: 1, pattern: "level" },
};

/** So many threads get a colour of their own in the lock's lane; the number tells the rest. */
const HOLDER_COLOURS = 6;

/** Draws the marks of a pattern into a tile of eight by eight pixels. */
const MARKS = {
  hatch(tile) {
    tile.lineWidth = 1.6;
    tile.beginPath();
    for (const start of [-8, 0, 8]) {
      tile.moveTo(start, 8);
      tile.lineTo(start + 8, 0);
    }
    tile.moveTo(-1, 1);
    tile.lineTo(1, -1);
    tile.moveTo(7, 9);
    tile.lineTo(9, 7);
    tile.stroke();
  },
  dots(tile) {
    for (const [x, y] of [[2, 2], [6, 6]]) {
      tile.beginPath();
      tile.arc(x, y, 1.15, 0, 7);
      tile.fill();
    }
  },
  upright(tile) {
    for (const x of [1, 5]) tile.fillRect(x, 0, 1, 8);
  },
  level(tile) {
    for (const y of [1, 5]) tile.fillRect(0, y, 8, 1);
  },
};

class Paint {
  constructor(trace) {
    this.trace = trace;
    this.mix();
  }

  /** Reads the colours anew: the theme has changed, or the size of a pixel. */
  mix() {
    this.scale = window.devicePixelRatio || 1;
    const style = getComputedStyle(document.documentElement);
    this.colour = (name) => style.getPropertyValue(`--${name}`).trim() || "gray";
    this.states = this.trace.states.map(({ name }) => this.state(name));
    this.holders = Array.from({ length: HOLDER_COLOURS }, (_, index) => this.colour(`holder-${index}`));
    for (const name of ["ground", "ink", "quiet", "line", "heading", "selected", "failed", "arrow"]) {
      this[name] = this.colour(name);
    }
  }

  state(name) {
    const shape = SHAPES[name] ?? SHAPES.run;
    const colour = this.colour(name);
    return { ...shape, name, colour, ink: this.colour(`${name}-ink`), fill: this.fill(shape.pattern, colour, this.colour(`${name}-mark`)) };
  }

  /** A canvas pattern: the colour with its marks, or the plain colour. */
  fill(pattern, colour, mark) {
    if (!MARKS[pattern]) return colour;
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = Math.round(8 * this.scale);
    const tile = canvas.getContext("2d");
    tile.scale(canvas.width / 8, canvas.width / 8);
    tile.fillStyle = colour;
    tile.fillRect(0, 0, 8, 8);
    tile.fillStyle = tile.strokeStyle = mark;
    MARKS[pattern](tile);
    return tile.createPattern(canvas, "repeat");
  }

  /** The colour of whoever holds the lock, by the place of its lane in its run. */
  holder(run, trackIndex) {
    const place = run.tracks[trackIndex]?.place ?? trackIndex;
    return this.holders[place % this.holders.length];
  }

  /** Draws a sample of a state for the legend, with the very hand that draws the lanes. */
  sample(canvas, stateIndex) {
    const [width, height] = [34, 20];
    canvas.width = width * this.scale;
    canvas.height = height * this.scale;
    const box = { top: this.scale, height: canvas.height - 2 * this.scale };
    const context = canvas.getContext("2d");
    fillState(context, this, this.states[stateIndex], [[0, canvas.width]], box);
  }
}

/** Fills stretches, `[from, until]` in device pixels, of one state in a lane's box. */
function fillState(context, paint, state, stretches, box) {
  const baseline = box.top + box.height;
  if (state.height === 0) {
    context.fillStyle = state.colour;
    const thick = Math.max(1, paint.scale);
    for (const [from, until] of stretches) context.fillRect(from, baseline - thick, until - from, thick);
    return;
  }
  const height = Math.round(box.height * state.height);
  context.fillStyle = state.fill;
  for (const [from, until] of stretches) context.fillRect(from, baseline - height, until - from, height);
  if (state.pattern === "outline") hollow(context, paint, stretches, baseline, height);
}

/** Takes the middle out of what was filled, where there is room for a middle. */
function hollow(context, paint, stretches, baseline, height) {
  const border = Math.round(2 * paint.scale);
  context.fillStyle = paint.ground;
  for (const [from, until] of stretches) {
    if (until - from > 3 * border) {
      context.fillRect(from + border, baseline - height + border, until - from - 2 * border, height - 2 * border);
    }
  }
}
