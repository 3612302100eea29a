// The data: from the blocks in this page to arrays.
//
// The page carries two kinds of block. One is JSON: names, sentences, excerpts of source. The
// other, one for each run, is columns: plain numbers, each written as a little-endian base-128
// number (LEB128, as in DWARF and WebAssembly), the whole in base64. Times are differences to
// the one before, so most of them take two bytes.
//
// What comes out is one object for each run. Times are nanoseconds since the run's begin.
//
//   run    { label, facts, begin, length, tracks, events, lanes, flows }
//   events { count, time[], kind[], track[], cpu[], a[], b[] }        by index, in order of time
//   lane   { name, what, track, id, count, from[], state[], cpu[], event[], vain[], asks[] }
//   flows  { what[], from[], to[] }                  pairs of events: who woke, who was woken
//
// A span ends where the next one of its lane begins; `from` has one entry more, the end.
// A lane is "train" (a thread, a worker, a loop), "task", or "lock" (its states are holders).
// `vain` and `asks` are its ticks, by their times: it was woken in vain, it asked for the lock.

/** Reads the numbers of one block, one after the other. */
class Columns {
  constructor(base64) {
    const text = atob(base64.trim());
    this.bytes = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at++) this.bytes[at] = text.charCodeAt(at);
    this.at = 0;
  }

  /** Above 2^53 the last digits are lost; only an identifier nobody has would be that large. */
  number() {
    let byte = this.bytes[this.at++];
    if (byte < 128) return byte;
    let value = byte & 127;
    for (let scale = 128; byte >= 128; scale *= 128) {
      byte = this.bytes[this.at++];
      value += (byte & 127) * scale;
    }
    return value;
  }

  /** A number that may be negative: 0, -1, 1, -2, … are written as 0, 1, 2, 3, … */
  signed() {
    const value = this.number();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}

function readTrace() {
  const trace = JSON.parse(document.getElementById("trace").textContent);
  trace.runs.forEach((run, index) => {
    const block = document.getElementById(`columns-${index}`);
    const columns = new Columns(block.textContent);
    block.remove();
    run.index = index;
    run.events = readEvents(columns, run.events);
    run.lanes.forEach((lane) => readLane(columns, lane, run, trace.vainKind));
    run.flows = readFlows(columns, run.flows);
  });
  return trace;
}

function readEvents(columns, count) {
  const events = {
    count,
    time: new Float64Array(count),
    kind: new Uint16Array(count),
    track: new Uint16Array(count),
    cpu: new Uint16Array(count),
    a: new Float64Array(count),
    b: new Float64Array(count),
  };
  let time = 0;
  for (let index = 0; index < count; index++) {
    time += columns.signed();
    events.time[index] = time;
    events.kind[index] = columns.number();
    events.track[index] = columns.number();
    events.cpu[index] = columns.number();
    events.a[index] = columns.number();
    events.b[index] = columns.number();
  }
  return events;
}

/** An event index of -1 means that no event began the span: it reaches in from before. */
function readLane(columns, lane, run, vainKind) {
  lane.run = run;
  lane.from = new Float64Array(lane.count + 1);
  lane.state = new Uint16Array(lane.count);
  lane.cpu = new Uint16Array(lane.count);
  lane.event = new Int32Array(lane.count);
  let time = 0;
  let event = 0;
  for (let index = 0; index < lane.count; index++) {
    time += columns.number();
    lane.from[index] = time;
    lane.state[index] = columns.number();
    lane.cpu[index] = columns.number();
    event += columns.signed();
    lane.event[index] = event - 1;
  }
  lane.from[lane.count] = lane.end;
  readTicks(columns, lane, run.events, vainKind);
}

/** Ticks are events: each has its time and its kind there. */
function readTicks(columns, lane, events, vainKind) {
  const ticks = new Uint32Array(lane.ticks);
  let event = 0;
  for (let index = 0; index < ticks.length; index++) {
    event += columns.number();
    ticks[index] = event;
  }
  const isVain = (event) => events.kind[event] === vainKind;
  const timesOf = (chosen) => Float64Array.from(chosen, (event) => events.time[event]);
  lane.vain = timesOf(ticks.filter(isVain));
  lane.asks = timesOf(ticks.filter((event) => !isVain(event)));
}

function readFlows(columns, count) {
  const flows = {
    count,
    what: new Uint8Array(count),
    from: new Int32Array(count),
    to: new Int32Array(count),
  };
  let from = 0;
  for (let index = 0; index < count; index++) {
    flows.what[index] = columns.number();
    from += columns.signed();
    flows.from[index] = from;
    flows.to[index] = from + columns.signed();
  }
  return flows;
}

/** The last index whose value is at most `value`; -1 if there is none. */
function lastAtMost(sorted, value, length = sorted.length) {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The span of `lane` at a time. */
function spanAt(lane, time) {
  const index = lastAtMost(lane.from, time, lane.count);
  return index >= 0 && time < lane.from[index + 1] ? index : -1;
}

/** How long a lane was in each of its states: total, count and longest span. */
function sums(lane) {
  const found = new Map();
  for (let index = 0; index < lane.count; index++) {
    const length = lane.from[index + 1] - lane.from[index];
    const sum = found.get(lane.state[index]) ?? { total: 0, count: 0, longest: 0 };
    sum.total += length;
    sum.count += 1;
    sum.longest = Math.max(sum.longest, length);
    found.set(lane.state[index], sum);
  }
  return found;
}
