// The places: where in its lane each state occurs, and how long it had taken up to there.
//
// With them, how long a state took between two slices is a subtraction, whether there are three
// slices between them or a million. They are made when they are first needed: many a lane is
// short, and most tasks are folded away.
//
//   places   { state, count, index[], before[] }     one for each state that occurs, by number
//
// `index` is where the state occurs, in order; `before` is the time that it took in the slices
// before that one, and has one entry more, the time that it took in all.

/** The first index from `at` to `end` for which `isPast` holds, as it does for all that follow;
 *  `end` if there is none. Its steps grow until they are too long: what is near is found soon. */
function advance(at, end, isPast) {
  let step = 1;
  while (at + step <= end && !isPast(at + step - 1)) {
    at += step;
    step *= 2;
  }
  let high = Math.min(at + step - 1, end);
  while (at < high) {
    const middle = (at + high) >> 1;
    if (isPast(middle)) high = middle;
    else at = middle + 1;
  }
  return at;
}

function placesOf(lane) {
  lane.places ??= readPlaces(lane);
  return lane.places;
}

function readPlaces(lane) {
  const places = [...lane.sums]
    .sort(([one], [other]) => one - other)
    .map(([state, { count }]) => ({
      state,
      count: 0,
      index: new Uint32Array(count),
      before: new Float64Array(count + 1),
    }));
  const byState = new Map(places.map((place) => [place.state, place]));
  for (let index = 0; index < lane.count; index++) {
    const place = byState.get(lane.state[index]);
    const length = lane.from[index + 1] - lane.from[index];
    place.index[place.count] = index;
    place.before[place.count + 1] = place.before[place.count] + length;
    place.count += 1;
  }
  return places;
}
