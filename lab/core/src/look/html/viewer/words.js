// The words: how a time, an event or a slice is said to a person.
//
// The sentences about kinds come with the data; here they are only filled in.

/** A length of time with three digits, in the largest unit that leaves one before the point. */
function duration(ns) {
  const units = [
    [1e9, "s"],
    [1e6, "ms"],
    [1e3, "µs"],
  ];
  const [scale, unit] = units.find(([size]) => Math.abs(ns) >= size) ?? [1, "ns"];
  const value = ns / scale;
  const digits = scale === 1 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return `${value.toFixed(digits)} ${unit}`;
}

/** A moment, counted from the begin of the run, exact to the nanosecond. */
function moment(ns) {
  const whole = Math.abs(Math.round(ns));
  const us = Math.floor(whole / 1e3);
  const rest = String(whole - us * 1e3).padStart(3, "0");
  return `${ns < 0 ? "−" : ""}${grouped(us)}.${rest} µs`;
}

/** 1234567 as "1 234 567", with spaces that do not break. */
function grouped(number) {
  return String(number).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

function percent(part, whole) {
  const value = whole > 0 ? (100 * part) / whole : 0;
  return value > 0 && value < 0.5 ? "<1 %" : `${Math.round(value)} %`;
}

function plural(count, word) {
  return `${grouped(count)} ${word}${count === 1 ? "" : "s"}`;
}

/** What a lane's span is, in a word or two. */
function stateName(trace, lane, index) {
  if (lane.what !== "lock") return trace.states[lane.state[index]].label;
  const holder = lane.state[index];
  if (holder === NOBODY) return "free";
  return holder === OFF ? "switched off" : `held by ${trackName(lane.run, holder - FIRST_TRACK)}`;
}

function trackName(run, trackIndex) {
  return run.tracks[trackIndex]?.name ?? "a thread that is not in this recording";
}

/** The sentence that is read aloud when a slice is selected. */
function sliceSentence(trace, lane, index) {
  const from = lane.from[index];
  const until = lane.from[index + 1];
  const what = stateName(trace, lane, index);
  const event = lane.event[index];
  const cause = event < 0 ? "" : ` It began with ${kindOf(trace, lane.run, event).name}.`;
  return `${lane.name}: ${what} for ${duration(until - from)}, from ${moment(from)} on.${cause}`;
}

/** What a kind means; a newer program may have written one that this page does not know. */
function kindOf(trace, run, event) {
  const number = run.events.kind[event];
  return (
    trace.kinds[number] ?? { name: `kind ${number}`, sentence: "", words: ["", ""], site: null }
  );
}

/** One of an event's two words, as its meaning asks: a reason, a length of time, or a number. */
function wordValue(trace, run, meaning, value) {
  if (meaning === "why") return trace.whys[value] ?? String(value);
  if (meaning === "deadline ns") return moment(value - run.begin);
  if (meaning.endsWith(" ns")) return value > 2 ** 53 ? "none" : `${grouped(value)} ns`;
  return value > 2 ** 53 ? `about ${value.toExponential(3)}` : grouped(value);
}
