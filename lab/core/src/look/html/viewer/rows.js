// The rows: which lanes are shown, and where each of them lies.
//
// Runs stand above each other on one scale of time. Within a run: a heading, the lock, the
// threads or workers, then the tasks. A loop may have carried a hundred thousand tasks, so more
// than a few are folded away behind a row that opens when it is clicked.
//
//   row { what, run, lane, top, height }       what: heading, lock, train, fold, task

const HEIGHTS = { heading: 30, lock: 22, train: 42, fold: 24, task: 24 };

/** So many tasks are shown without being asked for. */
const TASKS_UNFOLDED_MAX = 8;

class Rows {
  constructor(trace) {
    this.trace = trace;
    this.unfolded = new Set();
    this.filter = "";
    this.arrange();
  }

  /** Computes the rows anew, after the filter or a fold has changed. */
  arrange() {
    this.list = [];
    this.height = 0;
    for (const run of this.trace.runs) this.arrangeRun(run);
  }

  arrangeRun(run) {
    const passes = (lane) => lane.name.toLowerCase().includes(this.filter);
    this.add("heading", run, null);
    for (const lane of run.lanes) {
      if (lane.what !== "task" && (lane.what === "lock" || passes(lane)))
        this.add(lane.what, run, lane);
    }
    const tasks = run.lanes.filter((lane) => lane.what === "task" && passes(lane));
    if (tasks.length === 0) return;
    const folds = tasks.length > TASKS_UNFOLDED_MAX;
    if (folds) this.add("fold", run, null).tasks = tasks.length;
    const shown = !folds || this.unfolded.has(run.index) ? tasks : [];
    for (const lane of shown) this.add("task", run, lane);
  }

  add(what, run, lane) {
    const row = { what, run, lane, top: this.height, height: HEIGHTS[what] };
    this.list.push(row);
    this.height += row.height;
    return row;
  }

  setFilter(text) {
    this.filter = text.trim().toLowerCase();
    this.arrange();
  }

  toggleFold(run) {
    if (!this.unfolded.delete(run.index)) this.unfolded.add(run.index);
    this.arrange();
  }

  isUnfolded(run) {
    return this.unfolded.has(run.index);
  }

  /** The row at a height, counted from the first row's top. */
  at(y) {
    return this.list.find((row) => y >= row.top && y < row.top + row.height);
  }

  /** The rows that show themselves between two heights. */
  between(top, bottom) {
    return this.list.filter((row) => row.top + row.height > top && row.top < bottom);
  }

  of(lane) {
    return this.list.find((row) => row.lane === lane);
  }

  /** Makes sure that a lane has a row, whatever is folded or filtered away. */
  reveal(lane) {
    if (this.of(lane)) return;
    if (!lane.name.toLowerCase().includes(this.filter)) this.filter = "";
    if (lane.what === "task") this.unfolded.add(lane.run.index);
    this.arrange();
  }
}
