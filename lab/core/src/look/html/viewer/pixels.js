// The pixels: a lane is a block of them, filled by hand.
//
// A canvas takes its time for each rectangle, and a lane of a busy trace is thousands, most of
// them one pixel wide. Writing numbers into an array takes none: whatever a lane looks like, it
// costs its area. So shapes are filled here, texture and all, and the block goes to the canvas at
// once. Letters and lines are the canvas's own.

class Block {
  constructor() {
    this.width = this.height = 0;
  }

  /** Makes room for a lane at a place of the canvas, with what lies behind it: one row of pixels. */
  begin(left, top, width, height, behind) {
    if (this.width !== width || this.height !== height) {
      this.image = new ImageData(width, height);
      this.words = new Uint32Array(this.image.data.buffer);
    }
    Object.assign(this, { left, top, width, height });
    for (let y = 0; y < height; y++) this.words.set(behind, y * width);
  }

  /** Fills from column to column of the canvas, and from row to row of the block.
   *  A tile repeats from the canvas's corner, so that textures of neighbours fit together. */
  fill(from, until, top, bottom, { tile, size }) {
    const { words, width, left } = this;
    const first = Math.max(0, from - left);
    const last = Math.min(width, until - left);
    for (let y = Math.max(0, top); y < bottom; y++) {
      const row = y * width;
      const tileRow = modulo(y + this.top, size) * size;
      for (let x = first; x < last; x++) words[row + x] = tile[tileRow + ((x + left) % size)];
    }
  }

  show(context) {
    context.putImageData(this.image, this.left, this.top);
  }
}

/** A lane may begin above the canvas. */
function modulo(value, size) {
  return ((value % size) + size) % size;
}

/** What lies behind lanes: the ground with the lines of the grid, and a shade after a run's end. */
function behindLanes(drawing, run) {
  const { paint, left, pixels } = drawing;
  const row = new Uint32Array(pixels).fill(paint.words.ground);
  const thick = Math.max(1, Math.floor(paint.scale));
  eachTick(drawing, (_, x) =>
    row.fill(paint.words.line, Math.max(0, x - left), Math.max(0, x - left + thick)),
  );
  const end = Math.round(drawing.x(run.length)) - left;
  return row.fill(paint.words.heading, Math.max(0, end), pixels);
}
