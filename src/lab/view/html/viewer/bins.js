// The bins: what to draw when there are more slices than pixels.
//
// A slice that is at least two pixels wide is drawn as it is. Smaller ones that begin in the same
// column of pixels share a bin, which adds up the time of each state. The column then shows the
// state that took the most time in its usual height, and every other state that occurred at
// least as a mark of a few pixels: a wait of two microseconds in a second of work does not
// vanish. The shapes stay readable, because a full column still means work and a low one waiting.
//
// One pass over the slices that are in view; nothing is remembered between two pictures.

const MARK_PIXELS_MIN = 3;
/** What is drawn lower than this says that nothing happened, and gives way to what did. */
const LOW = 0.1;
const WIDE_PIXELS = 2;

/** What is drawn no higher than this is a wait. */
const LOWER_HALF = 0.45;

/** Calls `wide(index, x, x2)` for slices that show themselves, and `bin(x, totals)` for columns of
 *  smaller ones. `totals` maps a state to its nanoseconds, and is used again for the next bin. */
function eachPiece(lane, range, left, pixels, wide, bin) {
  const scale = pixels / range.span;
  const totals = new Map();
  let column = -1;
  const flush = () => {
    if (totals.size > 0) bin(column, totals);
    totals.clear();
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
    if (at !== column) flush();
    column = at;
    const state = lane.state[index];
    totals.set(state, (totals.get(state) ?? 0) + lane.from[index + 1] - lane.from[index]);
  }
  flush();
}

/** The state that took the most of a bin's time. */
function dominant(totals) {
  let [best, most] = [0, -1];
  for (const [state, total] of totals) {
    if (total > most) [best, most] = [state, total];
  }
  return best;
}

/** How high each state of a bin is drawn, as a part of the lane's height, tall ones first. */
function binHeights(totals, paint, boxHeight) {
  let whole = 0;
  for (const total of totals.values()) whole += total;
  const main = dominant(totals);
  const least = (MARK_PIXELS_MIN * paint.scale) / boxHeight;
  const heights = [];
  for (const [state, total] of totals) {
    const usual = paint.states[state].height;
    if (usual < LOW && state !== main) continue;
    const share = whole > 0 ? total / whole : 1;
    // Work beside a longer wait must look over it, or it would be hidden behind it.
    const floor = usual > LOWER_HALF ? LOWER_HALF + least : least;
    const part = usual > LOWER_HALF ? floor + (usual - floor) * share : usual * share;
    heights.push([state, state === main ? usual : Math.max(floor, part)]);
  }
  return heights.sort((one, other) => other[1] - one[1]);
}
