// What the browser tests share: opening a page under watch, and looking into it.
//
// The page leaves its parts under `window.trainyard`; functions that are given to `evaluate` run
// in the page, all others here.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { chromium } from "playwright-core";

export const OUT = new URL("./out/", import.meta.url);

const launch = (...flags) =>
  chromium.launch({
    executablePath: process.env.BROWSER ?? "/usr/bin/chromium",
    args: [...flags, ...(process.getuid() === 0 ? ["--no-sandbox"] : [])],
  });

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

/** Opens a page in a browser that draws as often as it can, not as often as a display wants it:
 *  the time between two pictures is then what a picture costs, in the page and behind it. */
export async function withHastyPage(name, use) {
  const hasty = await launch("--disable-frame-rate-limit", "--disable-gpu-vsync");
  try {
    await withPage(name, { browser: hasty }, use);
  } finally {
    await hasty.close();
  }
}

/** Opens a page, lets `use` work with it, and complains about whatever went wrong meanwhile. */
export async function withPage(name, { browser: chosen = browser, ...options }, use) {
  const context = await chosen.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`script: ${error.stack}`));
  page.on("request", (request) => {
    if (request.url() !== new URL(`${name}.html`, OUT).href)
      complaints.push(`request: ${request.url()}`);
  });
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) =>
      window.violations.push(event.violatedDirective),
    );
  });
  await page.goto(new URL(`${name}.html`, OUT).href);
  await page.waitForFunction(() => window.trainyard?.ready, null, { timeout: 20_000 });
  try {
    await use(page);
    complaints.push(
      ...(await page.evaluate(() => window.violations)).map((what) => `policy: ${what}`),
    );
    assert.deepEqual(complaints, []);
  } finally {
    await context.close();
  }
}

export const picture = (page, name) =>
  page.screenshot({ path: new URL(`${name}.png`, OUT).pathname, fullPage: true });
export const drawn = (page) =>
  page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
  );

/** What is selected, in a form that can leave the page. */
export const selected = (page) =>
  page.evaluate(() => {
    const { selection, trace } = window.trainyard;
    if (selection.isEmpty) return null;
    const { lane, index, event } = selection;
    const state = lane.what === "lock" ? "lock" : trace.states[lane.state[index]].name;
    return { name: lane.name, run: lane.run.index, what: lane.what, index, event, state };
  });
export const range = (page) =>
  page.evaluate(() => [window.trainyard.range.from, window.trainyard.range.until]);

/** A point in the widest slice of a state, in CSS pixels of the canvas; behind its label, which is
 *  written at its begin. */
export const pointIn = (page, state) =>
  page.evaluate((state) => {
    const { trace, drawing, rows } = window.trainyard;
    let best = null;
    for (const row of rows.list.filter((row) => row.what === "train" && row.run.hasLock)) {
      const { lane } = row;
      for (let index = 0; index < lane.count; index++) {
        const length = lane.from[index + 1] - lane.from[index];
        if (trace.states[lane.state[index]].name !== state || length <= (best?.length ?? 0))
          continue;
        const x = drawing.x(lane.from[index] + 0.92 * length) / drawing.paint.scale;
        best = { length, x, top: row.top, name: lane.name, index };
      }
    }
    return best;
  }, state);

/** How dark the canvas is, from 0 to 255, in a column of a lane: one number for each pixel. */
export const greys = (page, x, top, height) =>
  page.evaluate(
    ([x, top, height]) => {
      const { drawing } = window.trainyard;
      const scale = drawing.paint.scale;
      const context = drawing.lanes.getContext("2d");
      const { data } = context.getImageData(
        Math.round(x * scale) - 4,
        Math.round(top * scale),
        8,
        Math.round(height * scale),
      );
      const rows = [];
      for (let y = 0; y < data.length / 32; y++) {
        const row = [];
        for (let at = 0; at < 8; at++) {
          const [red, green, blue] = data.slice((y * 8 + at) * 4, (y * 8 + at) * 4 + 3);
          row.push(Math.round(0.299 * red + 0.587 * green + 0.114 * blue));
        }
        rows.push(row);
      }
      return rows;
    },
    [x, top, height],
  );

/** Pans to and fro over half of the run and returns medians in milliseconds: how long pictures
 *  took to draw, how far apart they were, and how far apart they are when only one pixel changes,
 *  which says how much of the second figure is the browser's. */
export async function pan(page) {
  return page.evaluate(async () => {
    const { drawing, range, trace } = window.trainyard;
    const next = () => new Promise((done) => requestAnimationFrame(done));
    const median = (list) => [...list].sort((one, other) => one - other)[list.length >> 1];
    const timesApart = async (change) => {
      const apart = [];
      let before = await next();
      for (let frame = 0; frame < 120; frame++) {
        change(frame);
        const now = await next();
        apart.push(now - before);
        before = now;
      }
      return median(apart);
    };
    range.zoom(0.5);
    drawing.ask();
    const context = drawing.ruler.getContext("2d");
    const pixel = await timesApart((frame) => {
      context.fillStyle = frame % 2 === 0 ? "black" : "white";
      context.fillRect(0, 0, 1, 1);
    });
    drawing.frames.length = 0;
    const apart = await timesApart((frame) => {
      range.pan(frame % 60 < 30 ? 0.03 : -0.03);
      drawing.ask();
    });
    return { drawing: median(drawing.frames), apart, pixel, events: trace.runs[0].events.count };
  });
}

/** Reads what `export --to csv` writes: for each lane, which part of its time it spent in a state. */
export function sharesOf(csv) {
  const [, ...lines] = csv.trimEnd().split("\n").map(fields);
  const lanes = new Map();
  for (const [run, lane, from, until, state] of lines) {
    const name = `${run}: ${lane}`;
    if (!lanes.has(name)) lanes.set(name, new Map([["whole", 0]]));
    for (const key of ["whole", state]) {
      const times = lanes.get(name);
      times.set(key, (times.get(key) ?? 0) + Number(until) - Number(from));
    }
  }
  for (const times of lanes.values()) {
    const whole = times.get("whole");
    for (const [key, time] of times) times.set(key, time / whole);
  }
  return lanes;
}

/** The fields of a line of RFC 4180. */
function fields(line) {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain,
  );
}
