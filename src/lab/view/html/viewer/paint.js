// The paint: how each state looks, so that it is told by shape as well as by colour.
//
// Height and texture come with the data, from the table that all views share: what works is as
// high as its lane, what waits is lower and hatched or dotted. The colours come from the style
// sheet, which has a set for light, one for dark, and takes the system's own where a person has
// chosen high contrast. The shapes stay the same in all of them.

/** So many threads get a colour of their own in the lock's lane; the number tells the rest. */
const HOLDER_COLOURS = 6;

/** The states of a lock's lane that are no holder. */
const NOBODY = 0;
const OFF = 1;
const FIRST_TRACK = 2;

/** Draws the marks of a texture into a tile of eight by eight pixels. */
const MARKS = {
  hatch(tile) {
    for (const start of [-8, -4, 0, 4, 8]) line(tile, start, 8, start + 8, 0);
  },
  crosses(tile) {
    for (const start of [-8, 0, 8]) {
      line(tile, start, 8, start + 8, 0);
      line(tile, start, 0, start + 8, 8);
    }
  },
  dots(tile) {
    for (const [x, y] of [[2, 2], [6, 6]]) {
      tile.beginPath();
      tile.arc(x, y, 1.2, 0, 7);
      tile.fill();
    }
  },
  stripes(tile) {
    for (const x of [1, 5]) tile.fillRect(x, 0, 1, 8);
  },
};

function line(tile, x, y, x2, y2) {
  tile.lineWidth = 1.1;
  tile.beginPath();
  tile.moveTo(x, y);
  tile.lineTo(x2, y2);
  tile.stroke();
}

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
    this.states = this.trace.states.map((state) => this.state(state));
    this.holders = Array.from({ length: HOLDER_COLOURS }, (_, index) => this.colour(`holder-${index}`));
    for (const name of ["ground", "ink", "quiet", "line", "heading", "selected", "failed", "asks", "arrow"]) {
      this[name] = this.colour(name);
    }
  }

  state({ name, height, texture }) {
    const colour = this.colour(name);
    return { name, height, texture, colour, ink: inkOn(colour), fill: this.fill(texture, colour) };
  }

  /** A canvas pattern: the colour with the marks of its texture, or the plain colour. */
  fill(texture, colour) {
    if (!MARKS[texture]) return colour;
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = Math.round(8 * this.scale);
    const tile = canvas.getContext("2d");
    tile.scale(canvas.width / 8, canvas.width / 8);
    tile.fillStyle = colour;
    tile.fillRect(0, 0, 8, 8);
    tile.fillStyle = tile.strokeStyle = this.colour("mark");
    MARKS[texture](tile);
    return tile.createPattern(canvas, "repeat");
  }

  /** The colour of a holder of the lock, by the place of its lane in its run. */
  holder(run, state) {
    return this.holders[holderPlace(run, state) % this.holders.length];
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

/** The place of a holder's lane among the lanes of its run. */
function holderPlace(run, state) {
  return run.tracks[state - FIRST_TRACK]?.place ?? 0;
}

/** Black or white, whichever is easier to read on a colour. */
function inkOn(colour) {
  const context = document.createElement("canvas").getContext("2d");
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140 ? "#101418" : "#ffffff";
}

/** Fills stretches, `[from, until]` in device pixels, of one state in a lane's box. */
function fillState(context, paint, state, stretches, box) {
  const height = Math.max(1, Math.round(box.height * state.height));
  const top = box.top + box.height - height;
  context.fillStyle = state.fill;
  for (const [from, until] of stretches) context.fillRect(from, top, until - from, height);
  if (state.texture === "outline") hollow(context, paint, stretches, top, height);
}

/** Takes the middle out of what was filled, where there is room for a middle. */
function hollow(context, paint, stretches, top, height) {
  const border = Math.round(2 * paint.scale);
  context.fillStyle = paint.ground;
  for (const [from, until] of stretches) {
    if (until - from > 3 * border) {
      context.fillRect(from + border, top + border, until - from - 2 * border, height - 2 * border);
    }
  }
}
