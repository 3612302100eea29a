// What an exported page does in a browser. `run.sh` makes the pages and starts this.
//
// Each test opens a page from file://, in a context of its own, and watches three things the
// whole time: nothing is written to the console as an error, nothing is asked from the network,
// nothing breaks the page's own policy (`withPage` in support.mjs).

import assert from "node:assert/strict";
import { test } from "node:test";
import { readFileSync } from "node:fs";
import {
  OUT,
  drawn,
  greys,
  pan,
  picture,
  pointIn,
  range,
  selected,
  sharesOf,
  withHastyPage,
  withPage,
} from "./support.mjs";

/** Sixty pictures in a second, and a little more. */
const FRAME_MS_MAX = 16;

test("a page of a real run says what it shows, in every size and theme", async () => {
  const looks = [
    ["light", { viewport: { width: 1280, height: 900 } }],
    ["wide", { viewport: { width: 1600, height: 1000 } }],
    ["narrow", { viewport: { width: 500, height: 900 }, deviceScaleFactor: 2 }],
    ["dark", { colorScheme: "dark" }],
    ["contrast", { forcedColors: "active" }],
  ];
  for (const [name, options] of looks) {
    await withPage("real", options, async (page) => {
      await drawn(page);
      await picture(page, name);
      const fits = await page.evaluate(
        () => document.documentElement.scrollWidth <= window.innerWidth,
      );
      assert.ok(fits, `${name}: the page is wider than its window`);
      assert.match(await page.title(), /^trainyard /);
      assert.equal(await page.locator("#banners .banner").count(), 0);
      const legend = await page.locator("#legend li").allInnerTexts();
      assert.ok(
        legend.some((text) => text.includes("wait GIL")),
        `${name}: legend ${legend}`,
      );
    });
  }
});

test("nothing is drawn while nothing changes", async () => {
  await withPage("real", {}, async (page) => {
    await drawn(page);
    const before = await page.evaluate(() => window.trainyard.drawing.count);
    await page.waitForTimeout(300);
    assert.equal(await page.evaluate(() => window.trainyard.drawing.count), before);
  });
});

test("a person without a mouse walks through it: select, waits, waker, zoom, undo, events", async () => {
  await withPage("real", {}, async (page) => {
    for (let tab = 0; tab < 30; tab++) {
      await page.keyboard.press("Tab");
      if (await page.evaluate(() => document.activeElement.id === "lanes")) break;
    }
    assert.equal(
      await page.evaluate(() => document.activeElement.id),
      "lanes",
      "Tab leads to the lanes",
    );
    await page.keyboard.press("ArrowRight");
    const first = await selected(page);
    assert.ok(first, "an arrow key selects a slice");
    await page.keyboard.press("ArrowRight");
    assert.equal((await selected(page)).index, first.index + 1);
    await page.keyboard.press("ArrowDown");
    assert.notEqual((await selected(page)).name, first.name);

    await page.keyboard.press("]");
    assert.match((await selected(page)).state, /^(wait|sleep|ready)/);
    const said = await page.locator("#says").innerText();
    assert.match(said, /: .+ for .+ It began with \w+\./);

    const whole = await range(page);
    await page.keyboard.press("Enter");
    const near = await range(page);
    assert.ok(near[1] - near[0] < whole[1] - whole[0], "Enter shows the slice large");
    await page.keyboard.press("z");
    assert.deepEqual(await range(page), whole);

    await page.keyboard.press("w");
    const closer = await range(page);
    assert.ok(closer[1] - closer[0] < whole[1] - whole[0]);
    await page.keyboard.press("d");
    const moved = await range(page);
    assert.ok(moved[0] > closer[0]);
    await page.keyboard.press("f");
    assert.deepEqual(await range(page), whole);

    const { event } = await selected(page);
    await page.keyboard.press(".");
    assert.ok((await selected(page)).event > event, "a full stop goes one event on");
    await page.keyboard.press(",");
    assert.equal((await selected(page)).event, event);

    await page.keyboard.press("?");
    assert.ok(await page.locator("dialog[open]").isVisible());
    assert.ok((await page.locator("#keys tr").count()) > 15);
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("dialog[open]").count(), 0);
  });
});

test("who waited for the lock leads to who dropped it, and back", async () => {
  await withPage("real", {}, async (page) => {
    const start = await page.evaluate(() => {
      const { trace, selection } = window.trainyard;
      const run = trace.runs.find((run) => run.hasLock);
      const handOver = trace.arrows.indexOf("lock handed over");
      const flow = [...run.flows.byTo].find((flow) => run.flows.what[flow] === handOver);
      const lane = run.lanes.find(
        (lane) => lane.what === "train" && lane.event.includes(run.flows.to[flow]),
      );
      const index = lane.event.indexOf(run.flows.to[flow]);
      selection.select(lane, index);
      return {
        name: lane.name,
        index,
        from: run.flows.from[flow],
        track: run.tracks[run.events.track[run.flows.from[flow]]].name,
      };
    });
    await page.focus("#lanes");
    await page.keyboard.press("j");
    const waker = await selected(page);
    assert.equal(waker.name, start.track, "the waker is the thread that dropped the lock");
    assert.equal(waker.event, start.from);
    await picture(page, "waker");
    await page.keyboard.press("k");
    const woken = await selected(page);
    assert.deepEqual([woken.name, woken.index], [start.name, start.index]);
  });
});

test("a click on a slice opens the source lines that emitted its event", async () => {
  await withPage("real", {}, async (page) => {
    const place = await pointIn(page, "wait-gil");
    await page.locator("#lanes").click({ position: { x: place.x, y: place.top + 25 } });
    const found = await selected(page);
    assert.deepEqual([found.name, found.index, found.state], [place.name, place.index, "wait-gil"]);
    const site = await page.locator("#details .site code").innerText();
    const [file, line] = site.split(":");
    const marked = await page.locator("#details pre mark").innerText();
    const source = readFileSync(new URL(`../../../${file}`, import.meta.url), "utf8").split("\n");
    const text = marked.replace(/^\s*\d+\s*/, "").trim();
    assert.equal(text, source[Number(line) - 1].trim(), `${site} is the line that is marked`);
    assert.match(text, /emit|record/);
    assert.match(await page.locator("#details .sentence").innerText(), /^[A-Z].*\.$/);
    await picture(page, "clicked");
  });
});

test("the table has the lanes and the shares of the CSV export", async () => {
  const expected = sharesOf(readFileSync(new URL("real.csv", OUT), "utf8"));
  await withPage("real", {}, async (page) => {
    const shown = await page.evaluate(() => {
      const labels = new Map(
        window.trainyard.trace.states.map((state) => [state.label, state.name]),
      );
      const table = document.getElementById("table");
      const heads = [...table.tHead.rows[0].cells].map((head) => head.textContent);
      return [...table.tBodies[0].rows].map((row) => {
        const texts = [...row.cells].map((cell) => cell.textContent);
        const shares = heads.flatMap((head, at) =>
          labels.has(head) ? [[labels.get(head), texts[at]]] : [],
        );
        return { lane: `${texts[0]}: ${texts[1]}`, shares };
      });
    });
    assert.deepEqual(shown.map((row) => row.lane).sort(), [...expected.keys()].sort());
    for (const { lane, shares } of shown) {
      for (const [state, text] of shares) {
        const share = 100 * (expected.get(lane).get(state) ?? 0);
        const right = share > 0 && share < 0.5 ? "<1 %" : `${Math.round(share)} %`;
        assert.equal(text, right, `${lane}, ${state}`);
      }
    }
  });
});

test("without colour, work is still told from waiting: by height and by texture", async () => {
  for (const colorScheme of ["light", "dark"]) {
    await withPage("real", { colorScheme }, async (page) => {
      await drawn(page);
      const ground = colorScheme === "light" ? 255 : 23;
      const paintedPart = (rows) =>
        rows.filter((row) => row.some((grey) => Math.abs(grey - ground) > 30)).length / rows.length;
      const look = async (state) => {
        const { x, top } = await pointIn(page, state);
        return greys(page, x, top + 5, 26);
      };
      const run = await look("run");
      const wait = await look("wait-gil");
      const contrast = (rows) =>
        Math.max(...rows.map((row) => Math.max(...row) - Math.min(...row)));
      assert.ok(
        paintedPart(run) > 0.9,
        `${colorScheme}: run is as high as its lane, not ${paintedPart(run)}`,
      );
      assert.ok(
        paintedPart(wait) < 0.6 && paintedPart(wait) > 0.3,
        `${colorScheme}: a wait is half as high, not ${paintedPart(wait)}`,
      );
      assert.ok(contrast(run.slice(4, 10)) < 10, `${colorScheme}: run is plain`);
      assert.ok(contrast(wait.slice(-8)) > 30, `${colorScheme}: a wait is hatched`);
    });
  }
});

test("a wait of two microseconds in a second of work can be seen and clicked", async () => {
  await withPage("odd", {}, async (page) => {
    await drawn(page);
    const [x, top] = await page.evaluate(() => {
      const { drawing, rows } = window.trainyard;
      return [
        Math.floor(drawing.x(500_001_000)),
        rows.list.find((row) => row.what === "train").top,
      ];
    });
    const colours = await page.evaluate(
      ([x, top]) => {
        const context = window.trainyard.drawing.lanes.getContext("2d");
        return [x - 4, x, x + 4].map((at) =>
          [...context.getImageData(at, top + 28, 1, 1).data].join(),
        );
      },
      [x, top],
    );
    assert.equal(colours[0], colours[2]);
    assert.notEqual(colours[1], colours[0], "the wait has a column of its own");
    await page.locator("#lanes").click({ position: { x, y: top + 20 } });
    assert.equal((await selected(page)).state, "wait-gil");
    await picture(page, "odd");
  });
});

test("a name from a trace is text, whatever it is", async () => {
  await withPage("odd", {}, async (page) => {
    assert.equal(await page.evaluate(() => window.hostile), undefined);
    assert.equal(await page.locator("img").count(), 0);
    assert.match(await page.locator("#table tbody th").first().innerText(), /^<img src=x onerror/);
  });
});

test("what was lost, and that a program died, is said first", async () => {
  await withPage("odd", {}, async (page) => {
    assert.match(await page.locator(".banner").innerText(), /12.345 events were lost/);
  });
  await withPage("killed", {}, async (page) => {
    assert.match(await page.locator(".banner").first().innerText(), /program .* died/);
    await picture(page, "killed");
  });
});

test("tasks are folded away, and shown when asked for; the filter finds a lane", async () => {
  await withPage("tasks", {}, async (page) => {
    const rows = () => page.evaluate(() => window.trainyard.rows.list.map((row) => row.what));
    assert.ok(!(await rows()).includes("task"));
    const y = await page.evaluate(() => {
      const { rows, drawing } = window.trainyard;
      const row = rows.list.find((row) => row.what === "fold");
      drawing.showRow(row);
      return row.top - drawing.scroll.scrollTop;
    });
    await page.locator("#lanes").click({ position: { x: 40, y: y + 12 } });
    assert.ok((await rows()).filter((what) => what === "task").length > 8);
    await drawn(page);
    await picture(page, "tasks");
    const [first] = await page.evaluate(() =>
      window.trainyard.rows.list.filter((row) => row.what === "task").map((row) => row.lane.name),
    );
    await page.fill("#filter", first.slice(0, -1).toUpperCase());
    const names = await page.evaluate(() =>
      window.trainyard.rows.list.filter((row) => row.what === "task").map((row) => row.lane.name),
    );
    assert.ok(
      names.length > 0 && names.every((name) => name.startsWith(first.slice(0, -1))),
      names.join(),
    );
  });
});

test("a pan over a hundred thousand events is smooth, and over a million", async () => {
  for (const [name, least] of [
    ["big", 100_000],
    ["million", 1_000_000],
  ]) {
    await withHastyPage(name, async (page) => {
      const open = await page.evaluate(() => performance.now());
      await picture(page, name);
      const { drawing, apart, pixel, events } = await pan(page);
      console.log(
        `${events} events: open after ${(open / 1000).toFixed(1)} s; while panning, a picture takes ` +
          `${drawing.toFixed(1)} ms to draw and comes ${apart.toFixed(1)} ms after the one before ` +
          `(medians; ${pixel.toFixed(1)} ms if only one pixel changes)`,
      );
      assert.ok(events >= least);
      assert.ok(pixel < FRAME_MS_MAX / 2, `${pixel} ms: this browser waits for a display`);
      assert.ok(drawing < FRAME_MS_MAX, `${drawing} ms to draw`);
      assert.ok(apart < FRAME_MS_MAX, `${apart} ms from picture to picture`);
    });
  }
});

test("who woke whom is found once for a selection, not for each picture", async () => {
  await withPage("big", {}, async (page) => {
    const found = await page.evaluate(async () => {
      const { drawing, range, selection, trace } = window.trainyard;
      const next = () => new Promise((done) => requestAnimationFrame(done));
      const [run] = trace.runs;
      let searches = 0;
      const { byTo } = run.flows;
      Object.defineProperty(run.flows, "byTo", { get: () => ((searches += 1), byTo) });
      const event = run.flows.to[byTo[100]];
      const lane = run.lanes.find((lane) => lane.what === "train" && lane.event.includes(event));
      const index = lane.event.indexOf(event);
      range.show(0, run.length / 1000);
      selection.select(lane, index);
      const [ways, whenSelected] = [selection.ways.wokenBy.count, searches];
      for (let frame = 0; frame < 10; frame++) {
        range.pan(0.01);
        drawing.ask();
        await next();
      }
      return { ways, whenSelected, later: searches - whenSelected };
    });
    assert.ok(found.ways > 0, "the slice was woken");
    assert.ok(found.whenSelected > 0);
    assert.equal(found.later, 0);
    await picture(page, "arrows");
  });
});
