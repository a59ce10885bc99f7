// What the firm sees and acts on: its survey, and the limits at which its levers begin.

import { count } from './dom.js';
import { named } from './words.js';

/** Return the limit at which a lever acts by a metric, and the weeks in which it did. */
export function limits(world, metric) {
  const row = world.levers.findIndex((lever) => Object.values(lever)[0].when?.metric === metric);
  if (row < 0) return {};
  const { when: { below, above } } = Object.values(world.levers[row])[0];
  const limit = { name: below == null ? `acts above ${above}` : `acts below ${below}`, at: below ?? above };
  return { limit, acts: acting(world, row) };
}

/** Return the weeks in which a lever acted by what was measured the week before. */
function acting(world, row) {
  const { when, strength = 1, coverage = 1, from_week: from = 0, until_week: until } = Object.values(world.levers[row])[0];
  if (!strength || !coverage || world.changes.some((change) => change.row === row)) return [];
  return Array.from({ length: world.at }, (_, week) => week).filter((week) => {
    const measured = world.frames[week].here.numbers[when.metric];
    const holds = when.below == null ? measured > when.above : measured < when.below;
    return holds && week >= from && week < (until ?? Infinity);
  });
}

/** Return where the number of the survey comes from, and what the firm did by it. */
export function source(world) {
  const { session: { survey }, frame: { here: { numbers } }, levers, at } = world;
  const asked = at === 0 ? '' : `; this week ${count(numbers.responses)} of ${count(numbers.sampled)} asked answered`;
  const said = `Survey: promoters less detractors, per 100 answers of the last ${survey.window_weeks} weeks${asked}. Truth: all ${count(numbers.active)} customers, politeness apart.`;
  const row = levers.findIndex((lever) => Object.values(lever)[0].when?.metric === 'measured_nps');
  if (row < 0) return said;
  const isMoved = world.changes.some((change) => change.row === row);
  const acted = isMoved || at === 0 ? '' : `, in ${acting(world, row).length} of ${at} weeks so far (ticks below)`;
  return `${said} ${named(Object.keys(levers[row])[0])} acts by the survey alone${acted}.`;
}
