// The bins: what to draw when there are more slices than pixels.
//
// A slice that is at least two pixels wide is drawn as it is. Smaller ones that begin in the same
// column of pixels share a bin, which adds up the time of each state. The column then shows the
// state that took the most time in its usual height, and every other state that occurred at
// least as a mark of a few pixels: a wait of two microseconds in a second of work does not
// vanish. The shapes stay readable, because a full column still means work and a low one waiting.
//
// One pass over the slices that are in view; nothing is remembered between two pictures.

const WIDE_PIXELS = 2;
const MARK_PIXELS_MIN = 3;
/** What is drawn no higher than this is a wait. */
const LOWER_HALF = 0.45;
/** What is drawn lower than this says that nothing happened, and gives way to what did. */
const LOW = 0.1;

/** The times that the states took in one column of pixels. */
class Bin {
  constructor(states) {
    this.totals = new Float64Array(states);
    this.seen = [];
  }

  add(state, length) {
    if (!this.seen.includes(state)) this.seen.push(state);
    this.totals[state] += length;
  }

  clear() {
    for (const state of this.seen) this.totals[state] = 0;
    this.seen.length = 0;
  }

  get whole() {
    return this.seen.reduce((sum, state) => sum + this.totals[state], 0);
  }

  /** The part of the column that a state took; what took no time at all shares equally. */
  share(state, whole) {
    return whole > 0 ? this.totals[state] / whole : 1 / this.seen.length;
  }
}

/** Calls `wide(index, x, x2)` for slices that show themselves, and `column(x, bin)` for columns of
 *  smaller ones. The bin is used again for the next column. */
function eachPiece(lane, states, drawing, wide, column) {
  const { range, left, pixels } = drawing;
  const scale = pixels / range.span;
  const bin = new Bin(states);
  let last = -1;
  const flush = () => {
    if (bin.seen.length > 0) column(last, bin);
    bin.clear();
  };
  const first = Math.max(0, lastAtMost(lane.from, range.from, lane.count));
  for (let index = first; index < lane.count && lane.from[index] < range.until; index++) {
    const x = left + (lane.from[index] - range.from) * scale;
    const x2 = left + (lane.from[index + 1] - range.from) * scale;
    if (x2 < left) continue;
    if (x2 - x >= WIDE_PIXELS) {
      wide(index, Math.max(x, left), Math.min(x2, left + pixels));
      continue;
    }
    const at = Math.floor(x);
    if (at !== last) flush();
    last = at;
    bin.add(lane.state[index], lane.from[index + 1] - lane.from[index]);
  }
  flush();
}

/** How high each state of a bin is drawn, in pixels: `[state, height]`, tall ones first. */
function binHeights(bin, states, boxHeight, markPixels) {
  const whole = bin.whole;
  const main = bin.seen.reduce(
    (best, state) => (bin.totals[state] > bin.totals[best] ? state : best),
    bin.seen[0],
  );
  const heights = [];
  for (const state of bin.seen) {
    const usual = states[state].height;
    if (usual < LOW && state !== main) continue;
    const part =
      state === main
        ? usual
        : partialHeight(usual, bin.share(state, whole), markPixels / boxHeight);
    heights.push([state, Math.max(1, Math.round(part * boxHeight))]);
  }
  return heights.sort((one, other) => other[1] - one[1]);
}

/** Work beside a longer wait must look over it, or it would be hidden behind it. */
function partialHeight(usual, share, mark) {
  if (usual <= LOWER_HALF) return Math.max(mark, usual * share);
  return Math.min(usual, LOWER_HALF + mark + (usual - LOWER_HALF) * share);
}
