// The beginning: reads the data, puts the parts together, draws.
//
// Read in this order: data, rows, range, places, bins, pixels, paint, draw, lanes, flows, select,
// details, navigate, page. A page that is tested, or looked into from the browser's console, finds
// its parts under `window.trainyard`.

function main() {
  const trace = readTrace();
  for (const run of trace.runs) {
    indexFlows(trace, run);
    run.hasLock = run.lanes.some((lane) => lane.what === "lock");
    for (const lane of run.lanes) lane.sums = sums(lane);
    placeTracks(run);
  }
  const paint = new Paint(trace);
  const rows = new Rows(trace);
  const range = new Range(Math.max(1, ...trace.runs.map((run) => run.length)));
  const drawing = new Drawing(trace, rows, range, paint);
  const details = new Details(trace, drawing);
  const selection = new Selection(drawing, () => {
    details.show(selection);
    drawing.ask();
  });
  const navigation = new Navigation(drawing, selection);
  fillPage(trace, paint);
  watch(drawing, trace, paint);
  drawing.measure();
  window.trainyard = {
    ready: true,
    trace,
    rows,
    range,
    drawing,
    selection,
    navigation,
    hit: (x, y) => navigation.hit(x, y),
  };
}

/** A thread's number in the lock's lane is the place of its own lane in its run. */
function placeTracks(run) {
  const trains = run.lanes.filter((lane) => lane.what === "train");
  let next = trains.length;
  for (const track of run.tracks) {
    const place = trains.findIndex((lane) => lane.track === track.number);
    track.place = place >= 0 ? place : next++;
  }
}

/** Draws anew when the window, the theme or the size of a pixel changes. */
function watch(drawing, trace, paint) {
  new ResizeObserver(() => drawing.measure()).observe(drawing.stage);
  for (const query of [
    "(prefers-color-scheme: dark)",
    "(forced-colors: active)",
    `(resolution: ${paint.scale}dppx)`,
  ]) {
    matchMedia(query).addEventListener("change", () => {
      paint.mix();
      fillLegend(trace, paint);
      drawing.measure();
    });
  }
}

main();
