// The range: which part of the time is shown, and the way back.
//
// All runs are shown on one scale, each from its own begin, so that two of them can be compared
// by eye. The range never leaves the longest of them, and is never shorter than a few
// nanoseconds. Zooms and jumps can be undone; a pan belongs to the zoom before it.

const SHORTEST_NS = 20;
const UNDO_MAX = 100;

class Range {
  constructor(length) {
    this.length = Math.max(length, SHORTEST_NS);
    this.from = 0;
    this.until = this.length;
    this.before = [];
  }

  get span() {
    return this.until - this.from;
  }

  /** Shows a part of the time; what is shown now can be brought back. */
  show(from, until) {
    const [before, after] = [this.from, this.until];
    this.set(from, until);
    if (this.from === before && this.until === after) return;
    this.before.push([before, after]);
    if (this.before.length > UNDO_MAX) this.before.shift();
  }

  set(from, until) {
    const span = Math.min(Math.max(until - from, SHORTEST_NS), this.length);
    const middle = (from + until) / 2;
    this.from = Math.min(Math.max(middle - span / 2, 0), this.length - span);
    this.until = this.from + span;
  }

  undo() {
    const before = this.before.pop();
    if (before) [this.from, this.until] = before;
    return before !== undefined;
  }

  /** Makes the shown time `factor` times as long, and keeps `fixed` where it is. */
  zoom(factor, fixed = (this.from + this.until) / 2) {
    const span = Math.min(Math.max(this.span * factor, SHORTEST_NS), this.length);
    const place = (fixed - this.from) / this.span;
    this.show(fixed - place * span, fixed + (1 - place) * span);
  }

  /** Moves by a part of what is shown. */
  pan(part) {
    const by = part * this.span;
    const from = Math.min(Math.max(this.from + by, 0), this.length - this.span);
    this.until = from + this.span;
    this.from = from;
  }

  /** Moves, and zooms out if it must, until a slice can be seen with something around it. */
  reveal(from, until) {
    const length = until - from;
    if (from >= this.from && until <= this.until) return;
    if (length < this.span * 0.8) {
      const middle = (from + until) / 2;
      this.show(middle - this.span / 2, middle + this.span / 2);
    } else {
      this.show(from - length * 0.2, until + length * 0.2);
    }
  }
}
