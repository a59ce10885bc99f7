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

/** Return the first who left up to a week, or -1. */
export function firstLost(frames, week, gone) {
  for (let k = 1; k <= week; k += 1) {
    const before = frames[k - 1].here.perception;
    const row = frames[k].here.perception.findIndex((p, i) => p === gone && before[i] !== gone);
    if (row >= 0) return row;
  }
  return -1;
}
