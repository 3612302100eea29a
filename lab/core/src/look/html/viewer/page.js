// The page around the picture: what was recorded, what was lost, the legend, the table.
//
// The table says in numbers what the picture shows, and is what a screen reader reads.

function fillPage(trace, paint) {
  document.getElementById("about").textContent = aboutLine(trace);
  document.getElementById("about-lock").hidden = trace.runs.every((run) => !run.hasLock);
  fillBanners(trace);
  fillLegend(trace, paint);
  fillTable(trace);
  fillFacts(trace);
}

function aboutLine(trace) {
  const events = trace.runs.reduce((sum, run) => sum + run.events.count, 0);
  const runs =
    trace.runs.length > 1
      ? `${trace.runs.length} runs on one scale, each from its own begin; `
      : "";
  const program = fact(trace.facts, "program");
  return `${runs}${plural(events, "event")}${program ? `, recorded by ${program}` : ""}.`;
}

function fact(facts, name) {
  return facts.find(([key]) => key === name)?.[1];
}

/** What is missing is said first, in the words that all views have for it. */
function fillBanners(trace) {
  const hasLane = trace.runs.some((run) => run.lanes.length > 0);
  const lines = hasLane
    ? trace.missing
    : [...trace.missing, "nobody worked in this recording: there is no lane to draw"];
  const banners = lines.map((line) =>
    element("p", { class: "banner" }, line[0].toUpperCase() + line.slice(1) + "."),
  );
  document.getElementById("banners").replaceChildren(...banners);
}

/** The states that occur, drawn as the lanes draw them. */
function fillLegend(trace, paint) {
  const legend = document.getElementById("legend");
  const lanes = trace.runs.flatMap((run) => run.lanes).filter((lane) => lane.what !== "lock");
  const seen = new Set(lanes.flatMap((lane) => [...lane.sums.keys()]));
  const entries = trace.states.flatMap((state, index) => {
    if (!seen.has(index)) return [];
    const sample = element("canvas", { class: "sample", "aria-hidden": "true" });
    paint.sample(sample, index);
    return [element("li", { title: state.means }, sample, element("span", {}, state.label))];
  });
  const tick = (sign, label, title) =>
    entries.push(
      element(
        "li",
        { title },
        element("span", { class: sign, "aria-hidden": "true" }),
        element("span", {}, label),
      ),
    );
  if (lanes.some((lane) => lane.vain.length > 0))
    tick(
      "tick",
      "woken in vain",
      "Somebody was called because the lock was free, and found it taken again.",
    );
  if (lanes.some((lane) => lane.asks.length > 0))
    tick(
      "tick asks",
      "asks for the lock",
      "Somebody has waited as long as the policy says, and asks the holder to drop the lock.",
    );
  legend.replaceChildren(...entries);
}

/** So many tasks have a row in the table. */
const TASK_ROWS_MAX = 1000;

/** A row for each lane; a column for each state that occurs. Tasks, if any, are folded away. */
function fillTable(trace) {
  const lanes = trace.runs.flatMap((run) => run.lanes);
  const tasks = lanes.filter((lane) => lane.what === "task");
  fillRows(
    trace,
    document.getElementById("table"),
    lanes.filter((lane) => lane.what === "train"),
  );
  document.getElementById("tasks").hidden = tasks.length === 0;
  document.getElementById("tasks-count").textContent = plural(tasks.length, "task");
  const table = document.getElementById("tasks-table");
  fillRows(trace, table, tasks.slice(0, TASK_ROWS_MAX));
  if (tasks.length > TASK_ROWS_MAX) {
    table.caption.textContent += ` The first ${grouped(TASK_ROWS_MAX)} of them; \`trainyard timeline FILE --tasks --format json\` has all.`;
  }
}

function fillRows(trace, table, lanes) {
  const states = trace.states
    .map((_, index) => index)
    .filter((index) => lanes.some((lane) => lane.sums.has(index)));
  const several = trace.runs.length > 1;
  const names = [...(several ? ["recording"] : []), "lane"];
  const figures = [
    ...states.map((index) => trace.states[index].label),
    "longest wait",
    "slices",
    "woken in vain",
  ];
  const head = (text, kind) => element("th", { scope: "col", class: kind }, text);
  table.tHead.replaceChildren(
    element(
      "tr",
      {},
      ...names.map((name) => head(name, "text")),
      ...figures.map((name) => head(name, false)),
    ),
  );
  table.tBodies[0].replaceChildren(...lanes.map((lane) => tableRow(trace, lane, states, several)));
}

function tableRow(trace, lane, states, several) {
  const length = knownLength(lane);
  const shares = states.map((index) => percent(lane.sums.get(index)?.total ?? 0, length));
  const longest = longestWait(trace, lane);
  const cells = [
    ...shares,
    longest > 0 ? duration(longest) : "–",
    grouped(lane.count),
    grouped(lane.vain.length),
  ];
  return element(
    "tr",
    {},
    ...(several ? [element("td", { class: "text" }, lane.run.label)] : []),
    element("th", { scope: "row" }, lane.name),
    ...cells.map((cell) => element("td", {}, cell)),
  );
}

function longestWait(trace, lane) {
  const waits = WAITS.map(
    (name) => lane.sums.get(trace.states.findIndex((state) => state.name === name))?.longest ?? 0,
  );
  return Math.max(...waits);
}

/** How much of its time a lane ran and waited, in many words and in few. */
function laneShares(trace, lane) {
  const total = (names) =>
    names.reduce(
      (sum, name) =>
        sum + (lane.sums.get(trace.states.findIndex((state) => state.name === name))?.total ?? 0),
      0,
    );
  const length = knownLength(lane);
  const run = `run ${percent(total(["run", "native"]), length)}`;
  return [`${run} · wait ${percent(total(WAITS), length)}`, run];
}

/** What a lane's shares are shares of: the run or, where a ring has lost events, the rest of it. */
function knownLength(lane) {
  return lane.what === "train" ? lane.from[lane.count] - lane.from[0] : lane.run.length;
}

function fillFacts(trace) {
  const list = document.getElementById("facts-list");
  const add = ([name, value]) => list.append(element("dt", {}, name), element("dd", {}, value));
  trace.facts.forEach(add);
  for (const run of trace.runs) {
    const facts = run.facts
      .filter(([name]) => name !== "label")
      .map(([name, value]) => `${name} ${value}`);
    add(["run", facts.length > 0 ? `${run.label}: ${facts.join(", ")}` : run.label]);
  }
}
