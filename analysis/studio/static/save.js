// What was found, as files: the report, the numbers, a table.

import { h, told } from './dom.js';
import * as wire from './wire.js';

function file(name, text, type) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  h('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

/** Return what saves a report, opens it, hands on the question, saves all numbers; the
 * weeks too, of a `job` that kept them. */
export const saving = (found, job = null) => [
  h('a', { class: 'button', href: found.report, download: `${found.study}.html` }, 'Save report'),
  h('a', { class: 'button', href: found.report, target: '_blank', rel: 'noopener' }, 'Open report'),
  h('button', { type: 'button', onclick: told(async ({ target }) => {
    await navigator.clipboard.writeText(location.href);
    target.textContent = 'Link copied';
  }) }, 'Copy link'),
  h('button', { type: 'button', onclick: () => file(`${found.study}.json`, JSON.stringify(found, null, 1), 'application/json') }, 'Save numbers'),
  job && h('button', { type: 'button', title: 'Every week of every world, with units',
    onclick: told(async () => file(`${found.study}_weeks.csv`, await wire.weekly(job), 'text/csv')) }, 'Save numbers as CSV'),
];

/** Save every week played, of a world and its twin, with units in the header. A week is
 * numbered as in every other file, by how many came before it; the page counts it in. */
export function weeks({ frames, session, wish }, { numbers }) {
  const lacking = `without ${session.twin}`;
  const rows = frames.flatMap((frame) => [['here', session.name], ['twin', `${session.name}, ${lacking}`]].map(([which, world]) => ({
    week: frame.week - 1, weeks_lived: frame.week, world, seed: wish.seed,
    ...Object.fromEntries(numbers.map(({ name, unit }) => {
      const value = frame[which].numbers[name];
      return [`${name} [${unit.replace('money', session.currency)}]`, Number.isFinite(value) ? value : ''];
    })),
  })));
  csv(`${wish.scenario.replace(/\W/g, '_')}_seed_${wish.seed}_weeks`, rows);
}

/** Save rows of one shape as a table. */
export function csv(study, rows) {
  const cell = (v) => (/[",\n]/.test(`${v ?? ''}`) ? `"${`${v}`.replaceAll('"', '""')}"` : `${v ?? ''}`);
  const lines = [Object.keys(rows[0]), ...rows.map(Object.values)].map((line) => line.map(cell).join(','));
  file(`${study}.csv`, `${lines.join('\n')}\n`, 'text/csv');
}
