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
  write(context, paint, row.run.label, 10 * scale, baseline, {
    colour: paint.ink,
    size: 13,
    weight: "600",
  });
  const end = 10 * scale + context.measureText(row.run.label).width;
  const more = `${duration(row.run.length)} · ${plural(row.run.events.count, "event")}`;
  const room = drawing.lanes.width - end - 20 * scale;
  write(context, paint, more, end + 12 * scale, baseline, {
    colour: paint.quiet,
    size: 12,
    width: room,
  });
}

function drawFold(drawing, context, row) {
  const { paint } = drawing;
  const scale = paint.scale;
  const isOpen = drawing.rows.isUnfolded(row.run);
  const text = `${isOpen ? "▾ hide" : "▸ show"} ${plural(row.tasks, "task")} of this run`;
  write(context, paint, text, 10 * scale, drawing.top(row) + 16 * scale, {
    colour: paint.selected,
    size: 12,
  });
}

/** Everything that a lane did in the time that is in view. */
function drawLane(drawing, context, row) {
  const box = boxOf(drawing, row);
  drawEnd(drawing, context, row);
  drawing.block.begin(drawing.left, box.top, drawing.pixels, box.height, drawing.behind(row.run));
  if (row.lane.what === "lock") drawHolders(drawing, context, row, box);
  else drawStates(drawing, context, row, box);
}

/** Time after a run's end is shaded: runs beside it may have taken longer. */
function drawEnd(drawing, context, row) {
  const end = Math.max(drawing.left, Math.round(drawing.x(row.run.length)));
  context.fillStyle = drawing.paint.heading;
  context.fillRect(
    end,
    drawing.top(row),
    drawing.lanes.width - end,
    Math.round(row.height * drawing.paint.scale),
  );
}

/** Wide slices first: a short one between two of them must be seen. */
function drawStates(drawing, context, row, box) {
  const { paint, block } = drawing;
  const labels = [];
  const columns = [];
  const wide = (index, x, x2) => {
    fillState(
      block,
      paint,
      paint.states[row.lane.state[index]],
      Math.round(x),
      Math.max(Math.round(x2), Math.round(x) + 1),
    );
    if (x2 - x >= 24 * paint.scale) labels.push([index, x, x2]);
  };
  const column = (x, bin) =>
    columns.push([x, binHeights(bin, paint.states, box.height, MARK_PIXELS_MIN * paint.scale)]);
  eachPiece(row.lane, paint.states.length, drawing, wide, column);
  for (const [x, heights] of columns) {
    heights.forEach(([state, height], place) => {
      // As far as the next one, which stands before it.
      const bottom = box.height - (heights[place + 1]?.[1] ?? 0);
      block.fill(x, x + 1, box.height - height, bottom, paint.states[state].fill);
    });
  }
  block.show(context);
  for (const [index, x, x2] of labels) drawLabel(drawing, context, row, box, index, x, x2);
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
  const text = [`${name} ${length}`, length].find(
    (words) => context.measureText(words).width <= room,
  );
  if (!text) return;
  const height = box.height * state.height;
  const baseline = Math.round(box.top + box.height - height / 2 + 3.6 * scale);
  if (state.fill.size > 1 || state.texture === "outline")
    backLabel(context, paint, state, text, x + 2 * scale, box, height);
  write(context, paint, text, x + 4 * scale, baseline, { colour: state.ink });
}

/** Letters on a hatched ground are hard to read: they get the plain colour behind them. */
function backLabel(context, paint, state, text, x, box, height) {
  const isHollow = state.texture === "outline";
  const border = isHollow ? Math.round(2 * paint.scale) : 0;
  context.fillStyle = isHollow ? paint.ground : state.colour;
  const width = context.measureText(text).width + 4 * paint.scale;
  context.fillRect(
    Math.round(x),
    Math.round(box.top + box.height - height + border),
    Math.round(width),
    Math.round(height - 2 * border),
  );
}

/** The lock's lane: whoever holds it, in the colour and with the number of its lane. */
function drawHolders(drawing, context, row, box) {
  const { paint, block } = drawing;
  const { lane } = row;
  const labels = [];
  const wide = (index, x, x2) => {
    labels.push([lane.state[index], x, x2]);
    if (lane.state[index] < FIRST_TRACK) return;
    const [from, until] = [Math.round(x), Math.round(x2)];
    block.fill(
      from,
      Math.max(from + 1, until - 1),
      0,
      box.height,
      paint.holder(lane.run, lane.state[index]),
    );
  };
  const column = (x, bin) => fillHolders(block, paint, lane, x, bin);
  eachPiece(lane, FIRST_TRACK + lane.run.tracks.length, drawing, wide, column);
  block.show(context);
  for (const [holder, x, x2] of labels) drawHolderLabel(drawing, context, lane, box, holder, x, x2);
}

/** The name if there is room, otherwise the number. */
function drawHolderLabel(drawing, context, lane, box, holder, x, x2) {
  const { paint } = drawing;
  const room = x2 - x - 6 * paint.scale;
  const baseline = box.top + box.height / 2 + 4 * paint.scale;
  if (holder === OFF) drawOff(paint, context, x, baseline, room);
  if (holder < FIRST_TRACK || room < 8 * paint.scale) return;
  context.font = `${11 * paint.scale}px system-ui, sans-serif`;
  const names = [trackName(lane.run, holder - FIRST_TRACK), String(holderPlace(lane.run, holder))];
  const text = names.find((words) => context.measureText(words).width <= room);
  if (text)
    write(context, paint, text, x + 3 * paint.scale, baseline, {
      colour: paint.colour("holder-ink"),
    });
}

/** A lock that is switched off is nobody's, and says so. */
function drawOff(paint, context, x, baseline, width) {
  write(context, paint, "switched off: all may run at once", x + 3 * paint.scale, baseline, {
    colour: paint.quiet,
    width,
  });
}

/** Holders that share a column of pixels share its height, as they shared the time. */
function fillHolders(block, paint, lane, x, bin) {
  const whole = bin.whole;
  let from = 0;
  for (const holder of bin.seen) {
    const until = from + bin.share(holder, whole) * block.height;
    if (holder >= FIRST_TRACK)
      block.fill(
        x,
        x + 1,
        Math.round(from),
        Math.max(Math.round(from) + 1, Math.round(until)),
        paint.holder(lane.run, holder),
      );
    from = until;
  }
}

/** Below a lane, what took no time: long and red, somebody was called, came, and found the lock
 *  taken again; short and grey, somebody had waited long enough and asked for it. */
function drawTicks(drawing, context, row) {
  const { paint } = drawing;
  const box = boxOf(drawing, row);
  const y = box.top + box.height + 2 * paint.scale;
  const bars = (times, colour, height) => {
    context.fillStyle = colour;
    eachTickBar(drawing, times, (from, until) => context.fillRect(from, y, until - from, height));
  };
  bars(row.lane.asks, paint.asks, box.strip / 2);
  bars(row.lane.vain, paint.failed, box.strip);
}

/** Ticks that touch each other on the screen are one bar. */
function eachTickBar(drawing, times, use) {
  const { paint, range, left } = drawing;
  const thick = 2 * paint.scale;
  const scale = drawing.pixels / range.span;
  const x = (index) =>
    Math.max(left, Math.round(left + (times[index] - range.from) * scale - thick / 2));
  const end = 1 + lastAtMost(times, range.until);
  let index = advance(0, end, (tick) => times[tick] >= range.from);
  while (index < end) {
    const from = x(index);
    let until = from;
    while (index < end && x(index) <= until) {
      // All that begin on the bar, of which the last makes it longer.
      index = advance(index + 1, end, (tick) => x(tick) > until);
      until = x(index - 1) + thick;
    }
    use(from, until);
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
  const margin = (drawing.gutter < 130 ? 5 : 10) * scale;
  let x = margin;
  if (row.what === "train" && lane.run.hasLock) x = drawChip(drawing, context, row, x);
  const room = drawing.left - x - 5 * scale;
  const baseline = top + (isSmall ? 15 : 18) * scale;
  write(context, paint, lane.name, x, baseline, {
    colour: paint.ink,
    size: 12,
    weight: isSmall ? "" : "600",
    width: room,
  });
  if (row.what !== "train") return;
  context.font = `${11 * scale}px system-ui, sans-serif`;
  const space = drawing.left - margin - 5 * scale;
  const shares =
    laneShares(drawing.trace, lane).find((text) => context.measureText(text).width <= space) ?? "";
  write(context, paint, shares, margin, top + 33 * scale, { colour: paint.quiet });
}

/** The number and colour under which a thread appears in the lock's lane. */
function drawChip(drawing, context, row, x) {
  const { paint } = drawing;
  const scale = paint.scale;
  const { run, track } = row.lane;
  const holder = FIRST_TRACK + run.tracks.findIndex(({ number }) => number === track);
  const top = drawing.top(row) + 7 * scale;
  context.fillStyle = paint.holder(run, holder).colour;
  context.fillRect(x, top, 14 * scale, 14 * scale);
  const number = String(holderPlace(run, holder));
  write(context, paint, number, x + (number.length > 1 ? 1 : 4) * scale, top + 11 * scale, {
    colour: paint.colour("holder-ink"),
    size: 10,
    weight: "600",
  });
  return x + 20 * scale;
}
