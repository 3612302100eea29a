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
    for (const [x, y] of [
      [2, 2],
      [6, 6],
    ]) {
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
    this.holders = Array.from({ length: HOLDER_COLOURS }, (_, index) =>
      plain(this.colour(`holder-${index}`)),
    );
    this.edge = plain(this.colour("quiet"));
    this.behind = plain(this.colour("ground"));
    this.words = {};
    for (const name of [
      "ground",
      "ink",
      "quiet",
      "line",
      "heading",
      "selected",
      "failed",
      "asks",
      "arrow",
    ]) {
      this[name] = this.colour(name);
      this.words[name] = plain(this[name]).tile[0];
    }
  }

  state({ name, height, texture }) {
    const colour = this.colour(name);
    return { name, height, texture, colour, ink: inkOn(colour), fill: this.fill(texture, colour) };
  }

  /** The colour with the marks of its texture, as a tile to be repeated. */
  fill(texture, colour) {
    if (!MARKS[texture]) return plain(colour);
    const canvas = document.createElement("canvas");
    const size = (canvas.width = canvas.height = Math.round(8 * this.scale));
    const tile = canvas.getContext("2d");
    tile.scale(size / 8, size / 8);
    tile.fillStyle = colour;
    tile.fillRect(0, 0, 8, 8);
    tile.fillStyle = tile.strokeStyle = this.colour("mark");
    MARKS[texture](tile);
    return { colour, size, tile: new Uint32Array(tile.getImageData(0, 0, size, size).data.buffer) };
  }

  /** The colour of a holder of the lock, by the place of its lane in its run. */
  holder(run, state) {
    return this.holders[holderPlace(run, state) % this.holders.length];
  }

  /** Draws a sample of a state for the legend, with the very hand that draws the lanes. */
  sample(canvas, stateIndex) {
    canvas.width = Math.round(34 * this.scale);
    canvas.height = Math.round(20 * this.scale);
    const block = new Block();
    block.begin(
      0,
      0,
      canvas.width,
      canvas.height,
      new Uint32Array(canvas.width).fill(this.words.ground),
    );
    fillState(block, this, this.states[stateIndex], 0, canvas.width);
    block.show(canvas.getContext("2d"));
  }
}

/** The place of a holder's lane among the lanes of its run. */
function holderPlace(run, state) {
  return run.tracks[state - FIRST_TRACK]?.place ?? 0;
}

/** A plain colour as a tile of one pixel. */
function plain(colour) {
  const context = document.createElement("canvas").getContext("2d");
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  return { colour, size: 1, tile: new Uint32Array(context.getImageData(0, 0, 1, 1).data.buffer) };
}

/** Black or white, whichever is easier to read on a colour. */
function inkOn(colour) {
  const [red, green, blue] = new Uint8Array(plain(colour).tile.buffer);
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140 ? "#101418" : "#ffffff";
}

/** Fills a stretch of a lane with a state, from column to column of the canvas. */
function fillState(block, paint, state, from, until) {
  const height = Math.max(1, Math.round(block.height * state.height));
  const top = block.height - height;
  block.fill(from, until, top, block.height, state.fill);
  if (state.texture === "outline") hollow(block, paint, state, from, until, top);
}

/** Takes the middle out, where there is one. A light colour is no edge on white: it gets one. */
function hollow(block, paint, state, from, until, top) {
  const inside = (border, fill) =>
    block.fill(from + border, until - border, top + border, block.height - border, fill);
  const thin = Math.max(1, Math.round(paint.scale));
  if (until - from <= 8 * thin) return;
  block.fill(from, until, top, block.height, paint.edge);
  inside(thin, state.fill);
  inside(3 * thin, paint.behind);
}
