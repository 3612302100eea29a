// The flows: who woke whom, found from events and slices.
//
// A flow is a pair of events: the one with which a thread let another go on (it dropped the lock,
// woke a task, queued a job), and the one with which the other did. A slice was woken by the
// flows that end in it, and woke those whose flows begin in it. An event belongs to the slice of
// its track that was there when it happened, an event about a task also to the task's slice.

/** Prepares the ways from events to slices; once for each run. */
function indexFlows(trace, run) {
  const kindsWith = (place, words) =>
    new Set(
      Object.entries(trace.kinds)
        .filter(([, kind]) => words.includes(kind.words[place]))
        .map(([number]) => Number(number)),
    );
  run.aboutTask = kindsWith(0, ["task"]);
  run.byTask = kindsWith(1, ["by", "parent"]);
  run.trains = new Map();
  run.taskLanes = new Map();
  for (const lane of run.lanes) {
    if (lane.what === "train") run.trains.set(lane.track, lane);
    if (lane.what === "task") run.taskLanes.set(lane.id, lane);
  }
  run.flows.byFrom = sortedBy(run.flows.from);
  run.flows.byTo = sortedBy(run.flows.to);
}

/** The places of a column in the order of its values. */
function sortedBy(column) {
  return Uint32Array.from(column, (_, index) => index).sort(
    (one, other) => column[one] - column[other],
  );
}

/** Whether an event concerns a lane: it is of the lane's track, or about the lane's task. */
function concerns(lane, event) {
  const { events, tracks } = lane.run;
  if (lane.what === "task")
    return lane.run.aboutTask.has(events.kind[event]) && events.a[event] === lane.id;
  return tracks[events.track[event]].number === lane.track;
}

/** The events of a lane from a slice's first to the one before the next slice's. */
function sliceEvents(lane, index) {
  const { events } = lane.run;
  const first =
    lane.event[index] >= 0 ? lane.event[index] : 1 + lastAtMost(events.time, lane.from[index] - 1);
  const next = index + 1 < lane.count ? lane.event[index + 1] : -1;
  const end = next >= 0 ? next : 1 + lastAtMost(events.time, lane.from[index + 1]);
  return [first, end];
}

/** Whether a lane caused an event: it is of the lane's track, or names the lane's task as its cause. */
function causes(lane, event) {
  const { events } = lane.run;
  if (lane.what !== "task") return concerns(lane, event);
  return lane.run.byTask.has(events.kind[event]) && events.b[event] === lane.id;
}

/** The flows of one kind of end, `from` or `to`, that a slice has. */
function flowsOf(lane, index, end) {
  if (lane.what === "lock") return [];
  const { flows } = lane.run;
  const order = end === "from" ? flows.byFrom : flows.byTo;
  const column = flows[end];
  const isMine = end === "from" ? causes : concerns;
  const [first, last] = sliceEvents(lane, index);
  // What a slice lets go on, it often does with the very event that ends it.
  const until = end === "from" ? last + 1 : last;
  const found = [];
  for (
    let at = lowerBound(order, column, first);
    at < order.length && column[order[at]] < until;
    at++
  ) {
    if (isMine(lane, column[order[at]]))
      found.push({
        what: flows.what[order[at]],
        from: flows.from[order[at]],
        to: flows.to[order[at]],
      });
  }
  return found;
}

function lowerBound(order, column, value) {
  let [low, high] = [0, order.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (column[order[middle]] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The slice in which an event happened; `null` if its track has no lane. Tasks, if asked for. */
function sliceOfEvent(run, event, prefersTask) {
  const { events, tracks } = run;
  const task =
    prefersTask && run.aboutTask.has(events.kind[event])
      ? run.taskLanes.get(events.a[event])
      : undefined;
  const lane = task ?? run.trains.get(tracks[events.track[event]].number);
  if (!lane) return null;
  // A slice's event may bear the time at which the slice before it ended: look for itself first.
  const exact = lastAtMost(lane.event, event);
  const isFirst = exact >= 0 && lane.event[exact] === event;
  const index = isFirst ? exact : spanAt(lane, events.time[event]);
  return index >= 0 ? { lane, index } : null;
}

/** The slice that let others go on with an event: of the task that ran, or of the thread. */
function sliceBefore(run, event, prefersTask) {
  const waker = prefersTask ? wakingTask(run, event) : null;
  if (waker) return waker;
  const found = sliceOfEvent(run, event, false);
  // The event that ends a slice begins the next one: whoever let others go on is the one before.
  if (found && found.index > 0 && found.lane.event[found.index] === event) found.index -= 1;
  return found;
}

/** So many flows of a slice are drawn; a slice that is a whole run may have a hundred thousand. */
const WAYS_MAX = 20;

/** The ways to a slice and from it: `wokenBy` and `woke`, each `{ count, first }`, where `first`
 *  has the flows that are drawn, with the `place` that each of them leads to. */
function waysOf(lane, index) {
  const { run } = lane;
  const prefersTask = lane.what === "task";
  const ways = (flows, placeOf) => {
    const first = flows.slice(0, WAYS_MAX);
    return { count: flows.length, first: first.map((flow) => ({ ...flow, place: placeOf(flow) })) };
  };
  return {
    wokenBy: ways(flowsOf(lane, index, "to"), ({ from }) => sliceBefore(run, from, prefersTask)),
    woke: ways(flowsOf(lane, index, "from"), ({ to }) => sliceOfEvent(run, to, prefersTask)),
  };
}

/** The slice of the task that an event names as its cause in its second word. */
function wakingTask(run, event) {
  const { events } = run;
  const lane = run.byTask.has(events.kind[event]) ? run.taskLanes.get(events.b[event]) : undefined;
  const index = lane ? spanAt(lane, events.time[event]) : -1;
  return index >= 0 ? { lane, index } : null;
}
