// The bins: what to draw when there are more slices than pixels.
//
// A slice that is at least two pixels wide is drawn as it is. Smaller ones that begin in the same
// column of pixels share a bin, which adds up the time of each state. The column then shows the
// state that took the most time in its usual height, and every other state that occurred at
// least as a mark of a few pixels: a wait of two microseconds in a second of work does not
// vanish. The shapes stay readable, because a full column still means work and a low one waiting.
//
// A picture costs its columns, not its slices: the end of a column is searched for, and where it
// has more slices than its lane has states, `places.js` says how long each state took. Nothing is
// kept from one picture for the next, so a zoom costs no more than a pan.

const WIDE_PIXELS = 2;
const MARK_PIXELS_MIN = 3;
/** What is drawn no higher than this is a wait. */
const LOWER_HALF = 0.45;
/** What is drawn lower than this says that nothing happened, and gives way to what did. */
const LOW = 0.1;

/** The times that the states of a lane took in one column of pixels. */
class Bin {
  constructor(lane, states) {
    this.lane = lane;
    this.totals = new Float64Array(states);
    this.isSeen = new Uint8Array(states);
    /** The states that occur, by their numbers. */
    this.seen = [];
    /** For each of the lane's states, how many of its places lie before the column. */
    this.passed = new Uint32Array(lane.sums.size);
  }

  /** Takes the slices from one up to another. Whoever fills a bin goes from left to right. */
  fill(from, until) {
    for (const state of this.seen) this.totals[state] = this.isSeen[state] = 0;
    this.seen.length = 0;
    if (until - from <= this.lane.sums.size) this.addSlices(from, until);
    else this.addStates(from, until);
  }

  /** Few slices: one by one. */
  addSlices(from, until) {
    const { lane, totals, isSeen, seen } = this;
    for (let index = from; index < until; index++) {
      const state = lane.state[index];
      if (!isSeen[state]) seen.push(state);
      isSeen[state] = 1;
      totals[state] += lane.from[index + 1] - lane.from[index];
    }
    if (seen.length > 1) seen.sort((one, other) => one - other);
  }

  /** Many slices: state by state. */
  addStates(from, until) {
    const { totals, seen, passed } = this;
    placesOf(this.lane).forEach(({ state, count, index, before }, which) => {
      const first = advance(passed[which], count, (place) => index[place] >= from);
      const end = advance(first, count, (place) => index[place] >= until);
      passed[which] = end;
      if (first === end) return;
      seen.push(state);
      totals[state] = before[end] - before[first];
    });
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
  if (lane.from[lane.count] < range.from) return;
  const scale = pixels / range.span;
  const x = (index) => left + (lane.from[index] - range.from) * scale;
  const bin = new Bin(lane, states);
  let index = Math.max(0, lastAtMost(lane.from, range.from, lane.count));
  while (index < lane.count && lane.from[index] < range.until) {
    const at = Math.floor(x(index));
    const next = advance(index + 1, lane.count, (other) => Math.floor(x(other)) > at);
    // Whatever ends in the column in which it began is narrow: only the last may be wide.
    const last = next - 1;
    const isWide = x(next) - x(last) >= WIDE_PIXELS;
    bin.fill(index, isWide ? last : next);
    if (bin.seen.length > 0) column(at, bin);
    if (isWide) wide(last, Math.max(x(last), left), Math.min(x(next), left + pixels));
    index = next;
  }
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
