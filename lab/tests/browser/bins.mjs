// Columns that are searched for and subtracted, against columns that are added up one by one.
//
// `eachPiece` may take no slice twice and forget none, however short: what it says about random
// lanes must be what the plainest loop says. The scripts of the page are read as they are; no
// browser is needed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readFileSync } from "node:fs";
import vm from "node:vm";

const VIEWER = new URL("../../core/src/look/html/viewer/", import.meta.url);
const scripts = ["data", "places", "bins", "lanes"].map((name) =>
  readFileSync(new URL(`${name}.js`, VIEWER), "utf8"),
);
const { eachPiece, eachTickBar, advance, sums } = vm.runInThisContext(
  `(() => { ${scripts.join("\n")}; return { eachPiece, eachTickBar, advance, sums }; })()`,
);

/** Even numbers from 0 up to 1; the same ones from the same seed (mulberry32). */
function dice(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A lane of slices that are mostly short, a few very long, and some of no length at all. */
function laneOf(random, count, states) {
  const from = new Float64Array(count + 1);
  const state = new Uint16Array(count);
  for (let index = 0; index < count; index++) {
    const length = random() < 0.1 ? 0 : Math.floor(10 ** (random() * 4));
    from[index + 1] = from[index] + (random() < 0.002 ? 1000 * length : length);
    state[index] = Math.floor(random() * states);
  }
  const lane = { count, from, state };
  lane.sums = sums(lane);
  return lane;
}

function drawingOf(random, length) {
  const span = Math.max(20, length * 10 ** (-4 * random()));
  const from = random() * (length - span);
  const pixels = 1 + Math.floor(random() * 400);
  return { range: { from, until: from + span, span }, left: 112, pixels, paint: { scale: 1 } };
}

/** What is drawn in view, as text: wide slices, and the times of the states of each column. */
function pieces(lane, states, drawing) {
  const found = [];
  const isInView = (x) => x >= drawing.left && x < drawing.left + drawing.pixels;
  eachPiece(
    lane,
    states,
    drawing,
    (index, x, x2) => found.push(`${index}: ${x} to ${x2}`),
    (x, bin) => {
      const times = bin.seen.map((state) => `${state} ${bin.totals[state]}`);
      if (isInView(x)) found.push(`${x}: ${times.join(", ")}`);
    },
  );
  return found.sort();
}

/** The same, one slice after the other. */
function plainPieces(lane, drawing) {
  const { range, left, pixels } = drawing;
  const scale = pixels / range.span;
  const found = [];
  const columns = new Map();
  for (let index = 0; index < lane.count; index++) {
    const [from, until] = [lane.from[index], lane.from[index + 1]];
    if (until < range.from || from >= range.until) continue;
    const x = left + (from - range.from) * scale;
    const x2 = left + (until - range.from) * scale;
    if (x2 - x >= 2) {
      found.push(`${index}: ${Math.max(x, left)} to ${Math.min(x2, left + pixels)}`);
    } else if (x >= left && x < left + pixels) {
      const at = Math.floor(x);
      if (!columns.has(at)) columns.set(at, new Map());
      const times = columns.get(at);
      const state = lane.state[index];
      times.set(state, (times.get(state) ?? 0) + until - from);
    }
  }
  for (const [at, times] of columns) {
    const sorted = [...times].sort(([one], [other]) => one - other);
    found.push(`${at}: ${sorted.map(([state, time]) => `${state} ${time}`).join(", ")}`);
  }
  return found.sort();
}

test("columns have the times that a plain loop finds, at every zoom and with any number of states", () => {
  const random = dice(7);
  let columns = 0;
  for (let round = 0; round < 400; round++) {
    const states = [2, 8, 40][round % 3];
    const lane = laneOf(random, [1, 50, 20_000][Math.floor(round / 3) % 3], states);
    for (let look = 0; look < 4; look++) {
      const drawing = drawingOf(random, lane.from[lane.count]);
      const expected = plainPieces(lane, drawing);
      assert.deepEqual(pieces(lane, states, drawing), expected, `round ${round}, look ${look}`);
      columns += expected.length;
    }
  }
  assert.ok(columns > 10_000, `${columns} columns were compared`);
});

test("a slice of two microseconds among a million others is in its column", () => {
  const count = 1_000_001;
  const lane = { count, from: new Float64Array(count + 1), state: new Uint16Array(count) };
  const short = 777_777;
  for (let index = 0; index < count; index++)
    lane.from[index + 1] = lane.from[index] + (index === short ? 2_000 : 40_000);
  lane.state[short] = 3;
  lane.sums = sums(lane);
  const length = lane.from[count];
  const drawing = { range: { from: 0, until: length, span: length }, left: 0, pixels: 1000 };
  const seen = [];
  eachPiece(
    lane,
    8,
    drawing,
    () => assert.fail("nothing is wide"),
    (x, bin) => bin.seen.includes(3) && seen.push([x, bin.totals[3]]),
  );
  assert.deepEqual(seen, [[777, 2_000]]);
});

test("ticks that touch are one bar, as they are when they are drawn one by one", () => {
  const random = dice(11);
  for (let round = 0; round < 400; round++) {
    const times = Float64Array.from({ length: 1 + round * 10 }, () => random() * 1e6).sort();
    const drawing = drawingOf(random, 1e6);
    const { range, left, pixels } = drawing;
    const expected = [];
    for (const time of times.filter((time) => time >= range.from && time <= range.until)) {
      const x = Math.max(left, Math.round(left + (time - range.from) * (pixels / range.span) - 1));
      const last = expected.at(-1);
      if (last && x <= last[1]) last[1] = x + 2;
      else expected.push([x, x + 2]);
    }
    const bars = [];
    eachTickBar(drawing, times, (from, until) => bars.push([from, until]));
    assert.deepEqual(bars, expected, `round ${round}`);
  }
});

test("what is searched for is found, near and far, or is not there", () => {
  for (let end = 0; end < 70; end++) {
    for (let at = 0; at <= end; at++) {
      for (let first = at; first <= end; first++)
        assert.equal(
          advance(at, end, (index) => index >= first),
          first,
        );
    }
  }
});
