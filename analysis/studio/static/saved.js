// Whom a choice saved, why, and how much of it went by word of mouth.

import { h, signed } from './dom.js';

const PARTS = [['total', 'in all'], ['direct', 'through the levers themselves'], ['word_of_mouth', 'through what people told each other']];
const CHANGES = { saved: 'Saved', won: 'Won', lost: 'Lost', missed: 'Missed' };

const change = (v) => signed(v, 1);
/** Say how many there are, which is no change and has no plus. */
const count = (v) => change(v).replace('+', '');
const cell = ({ mean, low, high }, said) => h('td', { class: low > 0 || high < 0 ? 'sure' : 'unsure' },
  h('b', {}, said(mean)), h('span', { class: 'interval' }, ` ${said(low)} to ${said(high)}`));

/** Return the section that says whom each choice saved, and why. */
export function saved({ customers }, others, names) {
  return h('section', { class: 'found', id: 'compare-saved', 'aria-labelledby': 'saved-title' },
    h('h2', { id: 'saved-title', tabindex: '-1' }, 'Who was saved, and why'),
    ...others.map((label) => h('div', { class: 'found' },
      h('p', { class: 'futures' }, sentence(customers, label, names[label])),
      h('div', { class: 'beside' },
        flows(customers.flows.filter((row) => row.scenario === label), names[label]),
        groups(customers.groups.filter((row) => row.scenario === label && row.part === 'total'), names[label])))));
}

function sentence({ effects, flows }, label, name) {
  const of = (part) => effects.find((row) => row.scenario === label && row.path === '' && row.part === part);
  const reasons = flows.filter((row) => row.scenario === label && row.change === 'saved');
  const parts = PARTS.map(([part, words]) => `${change(of(part).mean)} ${words}`).join(', ');
  const by = new Map();
  for (const { reason, mean: n } of reasons) by.set(reason, (by.get(reason) || 0) + n);
  const [first] = [...by].sort((a, b) => b[1] - a[1]);
  const why = first ? ` Most often, those it saved would have left for this: ${first[0]}.` : '';
  const later = flows.filter((row) => row.scenario === label && row.change === 'delayed').reduce((sum, row) => sum + row.mean, 0);
  return `${name}, in customers a world: ${parts}.${why} ${Math.round(later)} left all the same, but later.`;
}

function flows(rows, name) {
  const paths = [...new Set(rows.map((row) => row.path))];
  const keys = [...new Set(rows.filter((row) => row.change !== 'delayed').map((row) => `${row.change}|${row.reason}`))];
  return h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': `${name}: why` },
    h('table', { class: 'differences' }, h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Customers a world'),
      ...paths.map((path) => h('th', { scope: 'col' }, path)))),
    h('tbody', {}, ...keys.map((key) => {
      const [kind, reason] = key.split('|');
      return h('tr', {}, h('th', { scope: 'row' }, `${CHANGES[kind]}: ${reason}`),
        ...paths.map((path) => {
          const row = rows.find((one) => one.change === kind && one.reason === reason && one.path === path);
          return row ? cell(row, count) : h('td', {}, '–');
        }));
    }))));
}

function groups(rows, name) {
  return h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': `${name}: who` },
    h('table', { class: 'differences' }, h('thead', {}, h('tr', {},
      h('th', { scope: 'col' }, 'Of 100 customers of week 0'), h('th', { scope: 'col' }, 'are'), h('th', { scope: 'col' }, 'more are kept'))),
    h('tbody', {}, ...rows.map((row) => h('tr', {}, h('th', { scope: 'row' }, row.group),
      h('td', {}, `${Math.round(100 * row.share)}`), cell(row, change))))));
}
