// Whom to meet: rows of people worth a look.

/** Return 1 for everybody who is a customer in one world and not in the other. */
export function differing({ here, twin }, full) {
  return Uint8Array.from(here.perception, (p, i) => (p <= full) !== (twin.perception[i] <= full));
}

/** Return who has most ties. */
export function hub({ points, ties }) {
  const degree = new Uint32Array(points.length / 2);
  for (const i of ties) degree[i] += 1;
  return degree.indexOf(degree.reduce((a, b) => Math.max(a, b), 0));
}

/** Return the week from which this world differs from its twin; 0 if it never does. */
export function beginning({ levers, changes, session, shocks }) {
  if (session.twin === 'shocks') return Math.min(...shocks.map(({ from }) => from));
  const declared = levers.map((lever) => Object.values(lever)[0].from_week ?? Infinity);
  const first = Math.min(...declared, ...changes.map((change) => change.week));
  return Number.isFinite(first) ? first : 0;
}

/**
 * Return the first who left after a week; or -1. Before all others come those who never
 * left the twin, and before the rest those who are its customers now.
 */
export function firstLost(frames, week, since, { full, gone }) {
  const differs = differing(frames[week], full);
  const isKept = (i) => differs[i] && frames.slice(since, week + 1).every(({ twin }) => twin.perception[i] <= full);
  let [first, other] = [-1, -1];
  for (let k = since + 1; k <= week; k += 1) {
    const before = frames[k - 1].here.perception;
    const left = (p, i) => p === gone && before[i] !== gone;
    const now = frames[k].here.perception;
    const row = now.findIndex((p, i) => left(p, i) && isKept(i));
    if (row >= 0) return row;
    if (other < 0) other = now.findIndex((p, i) => differs[i] && left(p, i));
    if (first < 0) first = now.findIndex(left);
  }
  return other < 0 ? first : other;
}
