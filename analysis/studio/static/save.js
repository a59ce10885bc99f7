// What was found, as files: the report, the numbers, a table.

import { h, told } from './dom.js';

function file(name, text, type) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  h('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

/** Return what saves a report, opens it, hands on the question, saves all numbers. */
export const saving = (found) => [
  h('a', { class: 'button', href: found.report, download: `${found.study}.html` }, 'Save report'),
  h('a', { class: 'button', href: found.report, target: '_blank', rel: 'noopener' }, 'Open report'),
  h('button', { type: 'button', onclick: told(async ({ target }) => {
    await navigator.clipboard.writeText(location.href);
    target.textContent = 'Link copied';
  }) }, 'Copy link'),
  h('button', { type: 'button', onclick: () => file(`${found.study}.json`, JSON.stringify(found, null, 1), 'application/json') }, 'Save numbers'),
];

/** Save rows of one shape as a table. */
export function csv(study, rows) {
  const cell = (v) => (/[",\n]/.test(`${v ?? ''}`) ? `"${`${v}`.replaceAll('"', '""')}"` : `${v ?? ''}`);
  const lines = [Object.keys(rows[0]), ...rows.map(Object.values)].map((line) => line.map(cell).join(','));
  file(`${study}.csv`, `${lines.join('\n')}\n`, 'text/csv');
}
