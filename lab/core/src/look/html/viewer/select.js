// The selection: one slice, and maybe one event of it.
//
// Whatever changes it goes through `select`, which finds the ways to and from the slice, draws,
// tells the details and says a sentence for those who listen. The commands that go from slice to
// slice are here as well.

const NO_WAYS = { wokenBy: { count: 0, first: [] }, woke: { count: 0, first: [] } };

class Selection {
  constructor(drawing, onChange) {
    Object.assign(this, { drawing, onChange, lane: null, index: -1, event: -1, ways: NO_WAYS });
    drawing.selection = this;
  }

  get isEmpty() {
    return this.lane === null;
  }

  /** Selects a slice, and the event that began it unless another of its events is named. */
  select(lane, index, event = lane.event[index]) {
    if (lane !== this.lane || index !== this.index) this.ways = waysOf(lane, index);
    Object.assign(this, { lane, index, event });
    const { rows, range } = this.drawing;
    rows.reveal(lane);
    range.reveal(lane.from[index], lane.from[index + 1]);
    this.drawing.showRow(rows.of(lane));
    this.onChange();
  }

  clear() {
    Object.assign(this, { lane: null, index: -1, event: -1, ways: NO_WAYS });
    this.onChange();
  }

  /** The first slice in view that is not idle, for whoever comes by keyboard. */
  begin() {
    const { rows, range } = this.drawing;
    const lanes = rows.list.map((row) => row.lane).filter(Boolean);
    const lane = lanes.find((lane) => lane.what === "train") ?? lanes[0];
    if (!lane) return;
    const first = Math.max(0, spanAt(lane, range.from));
    let index = first;
    while (index + 1 < lane.count && isIdle(this.drawing.trace, lane, index)) index++;
    this.select(lane, isIdle(this.drawing.trace, lane, index) ? first : index);
  }

  /** Goes `by` slices to the right in the same lane. */
  step(by) {
    if (this.isEmpty) return this.begin();
    const index = this.index + by;
    if (index >= 0 && index < this.lane.count) this.select(this.lane, index);
  }

  /** Goes `by` lanes down, to the slice at the same time. */
  stepLane(by) {
    if (this.isEmpty) return this.begin();
    const lanes = this.drawing.rows.list.map((row) => row.lane).filter(Boolean);
    const lane = lanes[lanes.indexOf(this.lane) + by];
    if (!lane || lane.count === 0) return;
    const { range } = this.drawing;
    const middle =
      (Math.max(this.lane.from[this.index], range.from) +
        Math.min(this.lane.from[this.index + 1], range.until)) /
      2;
    const index = spanAt(lane, middle);
    this.select(lane, index >= 0 ? index : lane.count - 1);
  }

  /** Goes to the next slice that waits, or to the one before: in this lane or, where it has no
   *  more, in the next lane that has one. After the last lane comes the first. */
  stepWait(by) {
    if (this.isEmpty) this.begin();
    const { rows, trace } = this.drawing;
    const lanes = rows.list.map((row) => row.lane).filter(Boolean);
    const here = Math.max(0, lanes.indexOf(this.lane));
    for (let step = 0; step <= lanes.length && !this.isEmpty; step++) {
      const lane = lanes[(here + by * step + lanes.length) % lanes.length];
      const end = by > 0 ? -1 : lane.count;
      const from = step === 0 && lane === this.lane ? this.index : end;
      const index = nextWait(trace, lane, from, by);
      if (index >= 0) return this.select(lane, index);
    }
    document.getElementById("says").textContent = "Nobody waits in these lanes.";
  }

  /** Goes from event to event of the whole run, from lane to lane: the run in slow motion. */
  stepEvent(by) {
    if (this.isEmpty) return this.begin();
    const { run } = this.lane;
    const start =
      this.event >= 0 ? this.event : lastAtMost(run.events.time, this.lane.from[this.index]);
    for (let event = start + by; event >= 0 && event < run.events.count; event += by) {
      const place = sliceOfEvent(run, event, this.lane.what === "task");
      if (place) return this.select(place.lane, place.index, event);
    }
  }

  /** Goes to the slice that let this one begin. */
  toWaker() {
    const [way] = this.ways.wokenBy.first;
    if (way?.place) this.select(way.place.lane, way.place.index, way.from);
  }

  /** Goes to the first slice that this one let begin. */
  toWoken() {
    const [way] = this.ways.woke.first;
    if (way?.place) this.select(way.place.lane, way.place.index, way.to);
  }

  /** Shows the slice with a little around it. */
  zoom() {
    if (this.isEmpty) return this.begin();
    const [from, until] = [this.lane.from[this.index], this.lane.from[this.index + 1]];
    const around = Math.max((until - from) * 0.25, SHORTEST_NS);
    this.drawing.range.show(from - around, until + around);
    this.drawing.ask();
  }
}

function isIdle(trace, lane, index) {
  return lane.what === "lock"
    ? lane.state[index] < FIRST_TRACK
    : trace.states[lane.state[index]].name === "idle";
}

const WAITS = ["wait-gil", "wait", "ready", "sleep"];

function isWait(trace, lane, index) {
  return WAITS.includes(trace.states[lane.state[index]].name);
}

/** The nearest slice of a lane that waits, `by` slices from another; -1 if there is none. */
function nextWait(trace, lane, from, by) {
  if (lane.what === "lock" || longestWait(trace, lane) === 0) return -1;
  for (let index = from + by; index >= 0 && index < lane.count; index += by)
    if (isWait(trace, lane, index)) return index;
  return -1;
}

/** The frame around the selected slice, the moment of its event, and the ways to and from it. */
function drawSelection(drawing, context) {
  const { selection, hover, paint } = drawing;
  if (hover) drawFrame(drawing, context, hover.lane, hover.index, 1);
  if (!selection || selection.isEmpty) return;
  const run = selection.lane.run;
  if (selection.event >= 0) {
    const x = Math.round(drawing.x(run.events.time[selection.event]));
    context.fillStyle = paint.selected;
    context.globalAlpha = 0.5;
    if (x >= drawing.left)
      context.fillRect(x, 0, Math.max(1, Math.floor(paint.scale)), drawing.lanes.height);
    context.globalAlpha = 1;
  }
  drawFrame(drawing, context, selection.lane, selection.index, 2);
  const { wokenBy, woke } = selection.ways;
  for (const way of wokenBy.first) drawArrow(drawing, context, run, way.place, selection, way);
  for (const way of woke.first) drawArrow(drawing, context, run, selection, way.place, way);
}

function drawFrame(drawing, context, lane, index, thick) {
  const row = drawing.rows.of(lane);
  if (!row) return;
  const { paint } = drawing;
  const box = boxOf(drawing, row);
  const x = Math.max(drawing.left, drawing.x(lane.from[index]));
  const x2 = Math.min(drawing.lanes.width, drawing.x(lane.from[index + 1]));
  if (x2 < drawing.left || x > drawing.lanes.width) return;
  const border = thick * paint.scale;
  context.strokeStyle = paint.selected;
  context.lineWidth = border;
  context.strokeRect(
    x - border / 2,
    box.top - border,
    Math.max(x2 - x, 1) + border,
    box.height + 2 * border,
  );
}

/** From who let go on to who went on: a curve that leaves upright and comes in upright. */
function drawArrow(drawing, context, run, source, target, flow) {
  const rows = [source, target].map((place) => place && drawing.rows.of(place.lane));
  if (!rows[0] || !rows[1]) return;
  const { paint } = drawing;
  const [x, x2] = [drawing.x(run.events.time[flow.from]), drawing.x(run.events.time[flow.to])];
  const middles = rows.map((row) => drawing.top(row) + (row.height * paint.scale) / 2);
  const down = Math.sign(middles[1] - middles[0]) || 1;
  const [y, y2] = [middles[0], middles[1] - down * 6 * paint.scale];
  context.save();
  context.beginPath();
  context.rect(drawing.left, 0, drawing.pixels, drawing.lanes.height);
  context.clip();
  context.strokeStyle = context.fillStyle = paint.arrow;
  context.lineWidth = 1.6 * paint.scale;
  context.beginPath();
  context.moveTo(x, y);
  context.bezierCurveTo(x, (y + y2) / 2, x2, (y + y2) / 2, x2, y2);
  context.stroke();
  context.beginPath();
  context.moveTo(x2, y2 + down * 6 * paint.scale);
  context.lineTo(x2 - 4 * paint.scale, y2 - down * 2 * paint.scale);
  context.lineTo(x2 + 4 * paint.scale, y2 - down * 2 * paint.scale);
  context.fill();
  context.restore();
}
