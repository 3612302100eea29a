// The rows of the picture: what a heading, the lock's lane, a thread and a task look like.
//
// Left of the time stands who it is and how it fared; right of it what it did.

/** The boxes of a row, in device pixels: its lane, and the strip for failed wake-ups below. */
function boxOf(drawing, row) {
  const scale = drawing.paint.scale;
  const top = drawing.top(row);
  const padding = Math.round((row.what === "train" ? 5 : 3) * scale);
  const strip = row.what === "train" ? Math.round(6 * scale) : 0;
  const height = Math.round(row.height * scale) - 2 * padding - strip;
  return { top: top + padding, height, strip };
}

function drawRow(drawing, context, row) {
  if (row.what === "heading") return drawHeading(drawing, context, row);
  if (row.what === "fold") return drawFold(drawing, context, row);
  drawLane(drawing, context, row);
  drawTicks(drawing, context, row);
  drawGutter(drawing, context, row);
}

function drawHeading(drawing, context, row) {
  const { paint } = drawing;
  const scale = paint.scale;
  const top = drawing.top(row);
  context.fillStyle = paint.heading;
  context.fillRect(0, top, drawing.lanes.width, Math.round(row.height * scale));
  const baseline = top + 20 * scale;
  write(context, paint, row.run.label, 10 * scale, baseline, { colour: paint.ink, size: 13, weight: "600" });
  const end = 10 * scale + context.measureText(row.run.label).width;
  const more = `${duration(row.run.length)} · ${plural(row.run.events.count, "event")}`;
  const room = drawing.lanes.width - end - 20 * scale;
  write(context, paint, more, end + 12 * scale, baseline, { colour: paint.quiet, size: 12, width: room });
}

function drawFold(drawing, context, row) {
  const { paint } = drawing;
  const scale = paint.scale;
  const isOpen = drawing.rows.isUnfolded(row.run);
  const text = `${isOpen ? "▾ hide" : "▸ show"} ${plural(row.tasks, "task")} of this run`;
  write(context, paint, text, 10 * scale, drawing.top(row) + 16 * scale, { colour: paint.selected, size: 12 });
}

/** Everything that a lane did in the time that is in view. */
function drawLane(drawing, context, row) {
  const { lane } = row;
  const box = boxOf(drawing, row);
  context.save();
  context.beginPath();
  context.rect(drawing.left, drawing.top(row), drawing.pixels, row.height * drawing.paint.scale);
  context.clip();
  drawEnd(drawing, context, row);
  if (lane.what === "lock") drawHolders(drawing, context, row, box);
  else drawStates(drawing, context, row, box);
  context.restore();
}

/** Time after a run's end is shaded: runs beside it may have taken longer. */
function drawEnd(drawing, context, row) {
  const end = Math.round(drawing.x(row.run.length));
  context.fillStyle = drawing.paint.heading;
  context.fillRect(end, drawing.top(row), drawing.lanes.width - end, Math.round(row.height * drawing.paint.scale));
}

function drawStates(drawing, context, row, box) {
  const { paint, range, left, pixels } = drawing;
  const stretches = paint.states.map(() => []);
  const labels = [];
  const bins = [];
  const wide = (index, x, x2) => {
    stretches[row.lane.state[index]].push([Math.round(x), Math.max(Math.round(x2), Math.round(x) + 1)]);
    if (x2 - x >= 24 * paint.scale) labels.push([index, x, x2]);
  };
  eachPiece(row.lane, range, left, pixels, wide, (x, totals) => bins.push([x, binHeights(totals, paint, box.height)]));
  stretches.forEach((list, state) => fillState(context, paint, paint.states[state], list, box));
  drawBins(context, paint, bins, box);
  for (const [index, x, x2] of labels) drawLabel(drawing, context, row, box, index, x, x2);
}

/** Draws the tallest of each column first. Side by side, columns that look alike are one. */
function drawBins(context, paint, bins, box) {
  const draw = ({ from, until, state, height }) => {
    context.fillStyle = paint.states[state].fill;
    context.fillRect(from, box.top + box.height - height, until - from, height);
  };
  for (let depth = 0; depth < paint.states.length; depth++) {
    let piece = null;
    for (const [x, heights] of bins) {
      if (depth >= heights.length) continue;
      const [state, part] = heights[depth];
      const height = Math.max(1, Math.round(part * box.height));
      if (piece && piece.until === x && piece.state === state && piece.height === height) {
        piece.until = x + 1;
        continue;
      }
      if (piece) draw(piece);
      piece = { from: x, until: x + 1, state, height };
    }
    if (piece) draw(piece);
  }
}

/** What a slice is, if there is room to say so. */
function drawLabel(drawing, context, row, box, index, x, x2) {
  const { paint, trace } = drawing;
  const state = paint.states[row.lane.state[index]];
  if (state.height < 0.3 || row.what === "task") return;
  const scale = paint.scale;
  const length = duration(row.lane.from[index + 1] - row.lane.from[index]);
  const name = trace.states[row.lane.state[index]].label;
  const room = x2 - x - 8 * scale;
  context.font = `${11 * scale}px system-ui, sans-serif`;
  const text = [`${name} ${length}`, length].find((words) => context.measureText(words).width <= room);
  if (!text) return;
  const height = box.height * state.height;
  const baseline = Math.round(box.top + box.height - height / 2 + 3.6 * scale);
  if (state.texture !== "solid") backLabel(context, paint, state, text, x + 2 * scale, box, height);
  write(context, paint, text, x + 4 * scale, baseline, { colour: state.ink });
}

/** Letters on a hatched ground are hard to read: they get the plain colour behind them. */
function backLabel(context, paint, state, text, x, box, height) {
  const border = Math.round(2 * paint.scale);
  context.fillStyle = state.texture === "outline" ? paint.ground : state.colour;
  const width = context.measureText(text).width + 4 * paint.scale;
  context.fillRect(Math.round(x), Math.round(box.top + box.height - height + border), Math.round(width), Math.round(height - 2 * border));
}

/** The lock's lane: whoever holds it, in the colour and with the number of its lane. */
function drawHolders(drawing, context, row, box) {
  const { paint, range, left, pixels } = drawing;
  const { lane } = row;
  context.fillStyle = paint.line;
  context.fillRect(left, box.top + box.height - 1, pixels, 1);
  const wide = (index, x, x2) => {
    const holder = lane.state[index];
    if (holder === OFF) drawOff(paint, context, x, x2, box);
    if (holder < FIRST_TRACK) return;
    context.fillStyle = paint.holder(lane.run, holder);
    const [from, until] = [Math.round(x), Math.round(x2)];
    context.fillRect(from, box.top, Math.max(1, until - from), box.height);
    const room = x2 - x - 6 * paint.scale;
    if (room < 8 * paint.scale) return;
    const name = trackName(lane.run, holder - FIRST_TRACK);
    context.font = `${11 * paint.scale}px system-ui, sans-serif`;
    const short = String(holderPlace(lane.run, holder) + 1);
    const text = [name, short].find((words) => context.measureText(words).width <= room);
    if (text) write(context, paint, text, x + 3 * paint.scale, box.top + box.height / 2 + 4 * paint.scale, { colour: paint.colour("holder-ink") });
    context.fillStyle = paint.ground;
    context.fillRect(until - 1, box.top, 1, box.height);
  };
  eachPiece(lane, range, left, pixels, wide, (x, totals) => drawHolderBin(paint, context, lane, x, totals, box));
}

/** A lock that is switched off is nobody's, and says so. */
function drawOff(paint, context, x, x2, box) {
  const style = { colour: paint.quiet, width: x2 - x - 6 * paint.scale };
  write(context, paint, "switched off: all may run at once", x + 3 * paint.scale, box.top + box.height / 2 + 4 * paint.scale, style);
}

/** Holders that share a column of pixels share its height, as they shared the time. */
function drawHolderBin(paint, context, lane, x, totals, box) {
  let whole = 0;
  for (const total of totals.values()) whole += total;
  let y = box.top;
  for (const [holder, total] of totals) {
    const height = whole > 0 ? (box.height * total) / whole : box.height;
    if (holder >= FIRST_TRACK) {
      context.fillStyle = paint.holder(lane.run, holder);
      context.fillRect(x, y, 1, Math.max(1, height));
    }
    y += height;
  }
}

/** Below a lane, what took no time: long and red, somebody was called, came, and found the lock
 *  taken again; short and grey, somebody had waited long enough and asked for it. */
function drawTicks(drawing, context, row) {
  const { ticks, run } = row.lane;
  const { paint, range } = drawing;
  const box = boxOf(drawing, row);
  const y = box.top + box.height + 2 * paint.scale;
  const first = Math.max(0, lastAtMost(ticks.time, range.from));
  const drawn = [-1, -1];
  for (let index = first; index < ticks.count && ticks.time[index] <= range.until; index++) {
    const x = Math.round(drawing.x(ticks.time[index]));
    const isVain = run.events.kind[ticks.event[index]] === drawing.trace.vainKind;
    if (x < drawing.left || drawn[Number(isVain)] === x) continue;
    drawn[Number(isVain)] = x;
    context.fillStyle = isVain ? paint.failed : paint.asks;
    context.fillRect(x - paint.scale, y, 2 * paint.scale, isVain ? box.strip : box.strip / 2);
  }
}

/** Who it is, and how it fared, left of the time. */
function drawGutter(drawing, context, row) {
  const { paint } = drawing;
  const scale = paint.scale;
  const top = drawing.top(row);
  const { lane } = row;
  context.fillStyle = paint.ground;
  context.fillRect(0, top, drawing.left - 2 * scale, Math.round(row.height * scale));
  const isSmall = row.what !== "train";
  let x = 10 * scale;
  if (row.what === "train" && lane.run.hasLock) x = drawChip(drawing, context, row, x);
  const room = drawing.left - x - 8 * scale;
  const baseline = top + (isSmall ? 15 : 18) * scale;
  write(context, paint, lane.name, x, baseline, { colour: paint.ink, size: 12, weight: isSmall ? "" : "600", width: room });
  if (row.what !== "train") return;
  const shares = laneShares(drawing.trace, lane);
  write(context, paint, shares, 10 * scale, top + 33 * scale, { colour: paint.quiet, size: 11, width: drawing.left - 16 * scale });
}

/** The number and colour under which a thread appears in the lock's lane. */
function drawChip(drawing, context, row, x) {
  const { paint } = drawing;
  const scale = paint.scale;
  const { run, track } = row.lane;
  const holder = FIRST_TRACK + run.tracks.findIndex(({ number }) => number === track);
  const top = drawing.top(row) + 7 * scale;
  context.fillStyle = paint.holder(run, holder);
  context.fillRect(x, top, 14 * scale, 14 * scale);
  const number = String(holderPlace(run, holder) + 1);
  write(context, paint, number, x + (number.length > 1 ? 1 : 4) * scale, top + 11 * scale, { colour: paint.colour("holder-ink"), size: 10, weight: "600" });
  return x + 20 * scale;
}
