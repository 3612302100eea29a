// The details: all that is known about the selected slice, down to the line of source.
//
// Everything from the trace comes into the page as text, never as markup: a thread may be named
// anything.

/** Makes an element; attributes as they stand in HTML, children elements or text. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick") made.addEventListener("click", value);
    else if (value !== false) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

class Details {
  constructor(trace, drawing) {
    Object.assign(this, {
      trace,
      drawing,
      panel: document.getElementById("details"),
      says: document.getElementById("says"),
    });
    this.empty = [...this.panel.childNodes];
  }

  show(selection) {
    if (selection.isEmpty) {
      this.says.textContent = "Nothing is selected.";
      this.panel.replaceChildren(...this.empty);
      return;
    }
    const { lane, index, event } = selection;
    this.says.textContent = sliceSentence(this.trace, lane, index);
    const hadFocus = this.panel.contains(document.activeElement);
    this.panel.replaceChildren(
      this.heading(lane, index),
      this.times(lane, index),
      ...this.holders(lane, index),
      ...this.event(lane, index, event),
      ...this.flows(selection),
      ...this.others(selection),
    );
    // Whoever pressed a button here goes on from here, though that button is gone.
    if (hadFocus) (this.panel.querySelector("[aria-current]") ?? this.panel).focus();
  }

  heading(lane, index) {
    const name = lane.what === "lock" ? null : this.trace.states[lane.state[index]].name;
    return element(
      "h2",
      {},
      `${lane.name} `,
      element("span", { class: `word ${name ?? ""}` }, stateName(this.trace, lane, index)),
    );
  }

  times(lane, index) {
    const [from, until] = [lane.from[index], lane.from[index + 1]];
    const facts = [
      ["for", duration(until - from)],
      ["from", moment(from)],
      ["until", moment(until)],
    ];
    if (lane.cpu[index] !== 0xffff && lane.what !== "lock")
      facts.push(["processor", String(lane.cpu[index])]);
    const meaning = lane.what === "lock" ? "" : this.trace.states[lane.state[index]].means;
    const list = element(
      "dl",
      { class: "facts" },
      ...facts.flatMap(([term, value]) => [element("dt", {}, term), element("dd", {}, value)]),
    );
    return element("div", {}, element("p", { class: "quiet" }, meaning), list);
  }

  /** While it waited for the lock: who had it? */
  holders(lane, index) {
    const waits = lane.what === "train" && this.trace.states[lane.state[index]].name === "wait-gil";
    const lock = waits && this.lockOf(lane, index);
    if (!lock) return [];
    const shares = holdersBetween(lock, lane.from[index], lane.from[index + 1]);
    if (shares.length === 0) return [];
    const parts = shares
      .slice(0, 4)
      .map(([holder, ns]) => `${trackName(lane.run, holder - FIRST_TRACK)} (${duration(ns)})`);
    const more = shares.length > 4 ? `, and ${shares.length - 4} others` : "";
    return [element("p", {}, `Meanwhile the lock was held by ${parts.join(", ")}${more}.`)];
  }

  /** The lane of the lock that a wait is for: its event names it, and often there is but one. */
  lockOf(lane, index) {
    const { run } = lane;
    const locks = run.lanes.filter((other) => other.what === "lock");
    return locks.find((lock) => lock.id === run.events.a[lane.event[index]]) ?? locks[0];
  }

  event(lane, index, event) {
    if (event < 0)
      return [
        element(
          "p",
          { class: "quiet" },
          "No event of this recording began this slice: it reaches in from before.",
        ),
      ];
    const { run } = lane;
    const kind = kindOf(this.trace, run, event);
    const began = event === lane.event[index] ? "It began with" : "At this moment";
    const place = `${moment(run.events.time[event])}, event ${grouped(event)} of ${grouped(run.events.count)}, on ${trackName(run, run.events.track[event])}`;
    const words = kind.words
      .map((meaning, place) => [meaning, place === 0 ? run.events.a[event] : run.events.b[event]])
      .filter(([meaning]) => meaning !== "")
      .map(([meaning, value]) => `${meaning} ${wordValue(this.trace, run, meaning, value)}`);
    return [
      element(
        "section",
        { class: "event" },
        element("h3", {}, `${began} `, element("code", {}, kind.name)),
        element("p", { class: "sentence" }, kind.sentence),
        element("p", { class: "quiet" }, [place, ...words, kind.stamp].filter(Boolean).join("; ")),
        ...this.source(kind),
      ),
    ];
  }

  /** The lines that emitted the event, with their numbers, the call marked. */
  source(kind) {
    if (!kind.site) return [];
    const { file, line, first, excerpt } = kind.site;
    const lines = outdented(excerpt.split("\n")).map((text, offset) => {
      const number = first + offset;
      const isCall = number === line;
      const shown = [
        element("span", { class: "number", "aria-hidden": "true" }, String(number).padStart(4)),
        ` ${text}\n`,
      ];
      return isCall ? element("mark", {}, ...shown) : element("span", {}, ...shown);
    });
    return [
      element("p", { class: "site" }, "emitted by ", element("code", {}, `${file}:${line}`)),
      element(
        "pre",
        { tabindex: "0", "aria-label": `${file}, from line ${first}` },
        element("code", {}, ...lines),
      ),
    ];
  }

  /** Who woke this slice, and whom it woke, each a button that goes there. */
  flows(selection) {
    const list = (title, { count, first }, end) => {
      if (count === 0) return [];
      const entries = first.slice(0, 8).map((way) => this.way(selection, way, end));
      return [
        element("h3", {}, title),
        element("ul", { class: "jumps" }, ...entries, ...andMore(count - entries.length)),
      ];
    };
    const { wokenBy, woke } = selection.ways;
    return [
      ...list("Who woke me? (J)", wokenBy, "from"),
      ...list("Whom did I wake? (K)", woke, "to"),
    ];
  }

  way(selection, way, end) {
    const { run } = selection.lane;
    const { place, from, to } = way;
    const event = end === "from" ? from : to;
    const who = place ? place.lane.name : trackName(run, run.events.track[event]);
    const apart = duration(run.events.time[to] - run.events.time[from]);
    const what = `${this.trace.arrows[way.what]}: ${kindOf(this.trace, run, event).name}`;
    const text = `${who} (${what}), ${apart} ${end === "from" ? "before" : "later"}`;
    if (!place) return element("li", {}, `${text} (outside of the lanes)`);
    return element(
      "li",
      {},
      element(
        "button",
        { type: "button", onclick: () => selection.select(place.lane, place.index, event) },
        text,
      ),
    );
  }

  /** The other events of the slice, to be looked at one by one. */
  others(selection) {
    const { lane, index } = selection;
    const { run } = lane;
    if (lane.what === "lock") return [];
    const [first, end] = sliceEvents(lane, index);
    const events = [];
    for (let event = first; event < end; event++) {
      if (concerns(lane, event)) events.push(event);
    }
    if (events.length < 2) return [];
    const entries = events.slice(0, 40).map((event) => {
      const text = `${moment(run.events.time[event])}  ${kindOf(this.trace, run, event).name}`;
      const isShown = event === selection.event;
      return element(
        "li",
        {},
        element(
          "button",
          {
            type: "button",
            "aria-current": isShown && "true",
            onclick: () => selection.select(lane, index, event),
          },
          text,
        ),
      );
    });
    return [
      element("h3", {}, "Events in this slice"),
      element("ol", { class: "jumps" }, ...entries, ...andMore(events.length - entries.length)),
    ];
  }
}

/** The lines without the indentation that all of them have. */
function outdented(lines) {
  const indents = lines.filter((line) => line.trim() !== "").map((line) => line.search(/\S/));
  const common = Math.min(...indents);
  return lines.map((line) => line.slice(common));
}

/** The last entry of a list that is not complete. */
function andMore(rest) {
  return rest > 0 ? [element("li", { class: "quiet" }, `and ${grouped(rest)} more`)] : [];
}

/** Who held the lock between two moments, and for how long: the longest first. */
function holdersBetween(lock, from, until) {
  const found = new Map();
  for (
    let index = Math.max(0, lastAtMost(lock.from, from, lock.count));
    index < lock.count && lock.from[index] < until;
    index++
  ) {
    const length = Math.min(until, lock.from[index + 1]) - Math.max(from, lock.from[index]);
    const holder = lock.state[index];
    if (holder >= FIRST_TRACK && length > 0) found.set(holder, (found.get(holder) ?? 0) + length);
  }
  return [...found].sort((one, other) => other[1] - one[1]);
}
