// The tables of a comparison: what differs, and what it earns.

import { h, signed } from './dom.js';
import { named, outcome } from './words.js';

const ROWS = ['active', 'retention', 'churn', 'perception', 'trust', 'true_nps', 'measured_nps', 'rating', 'lever_cost', 'npv'];
const MEASURES = [
  ['return', 'Earned for each coin spent', (v) => signed(v, 2)],
  ['cost_per_customer_kept', 'Spent for each customer kept', (v) => amount(v)],
  ['payback_week', 'Paid back by week', (v, weeks) => (v === '.inf' || v === null ? `not in ${weeks} weeks` : `${Math.round(v)}`)],
  ['pays_chance', 'Chance of any gain', (v) => (v > 0.995 ? 'almost certain' : v < 0.005 ? 'almost none' : `${Math.round(100 * v)} %`)],
];
const WORTH = [['worth_in_time', 'Worth of a customer, in this time'], ['worth_for_ever', 'Worth of a customer, for ever']];

const amount = (v) => (Number.isFinite(v) ? Math.round(v).toLocaleString('en') : '–');

function said(value, about) {
  if (value === null || value === undefined) return '–';
  if (about.unit.startsWith('share')) return `${signed(100 * value, 1)}`;
  return signed(value, Math.abs(value) < 10 ? Math.max(about.digits, 1) : about.digits);
}

function unit({ unit: text }, currency) {
  if (text.startsWith('share')) return text.replace('share', '%-points');
  return text === 'money' ? currency : text;
}

const row = (name, title, unit, cells, text = '') => h('tr', { 'data-outcome': name },
  h('th', { scope: 'row', title: text }, `${title} `, title.toLowerCase() === unit ? null : h('span', { class: 'unit' }, unit)), ...cells);

const cell = (isSure, value, low, high) => h('td', { class: isSure ? 'sure' : 'unsure' }, h('b', {}, value),
  low === undefined ? null : h('span', { class: 'interval' }, ` ${low} to ${high}`));

const sheet = (title, others, names, rows) => h('table', { class: 'differences' },
  h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, title), ...others.map((label) => h('th', { scope: 'col' }, names[label])))),
  h('tbody', {}, ...rows));

/** Return the table of differences, each with its interval. */
export function table(found, others, names, catalogue) {
  const outcomes = Object.fromEntries(catalogue.outcomes.map((o) => [o.name, o]));
  const rows = ROWS.map((name) => {
    const about = outcomes[name];
    return row(name, named(outcome(name)), unit(about, found.currency), others.map((label) => {
      const one = found.differences.find((d) => d.scenario === label && d.outcome === name);
      return cell(one.low > 0 || one.high < 0, ...[one.difference, one.low, one.high].map((v) => said(v, about)));
    }), about.text);
  });
  return sheet(`Difference from ${names[found.base]}`, others, names, rows);
}

/** Return what each choice earns, and what a customer is worth. */
export function earned(found, others, names) {
  const gains = MEASURES.map(([name, title, words]) => {
    const mine = (label) => found.money.find((m) => m.scenario === label && m.measure === name);
    const currency = name.startsWith('cost') || name === 'return' ? found.currency : '';
    return row(name, title, currency, others.map((label) => {
      const one = mine(label);
      if (!one || (one.value === null && name !== 'payback_week')) return cell(false, '–');
      const hasEnds = one.low !== null && one.high !== null;
      const ends = hasEnds ? [one.low, one.high].map((end) => words(end, found.weeks)) : [];
      return cell(hasEnds || name === 'pays_chance', words(one.value, found.weeks), ...(ends[0] === ends[1] ? [] : ends));
    }));
  });
  const worth = WORTH.map(([name, title]) => row(name, title, found.currency, others.map((label) => {
    const one = found.worth.find((w) => w.scenario === label && w.measure === name);
    if (!one || one.mean === null) return cell(false, '–');
    const isSure = one.difference_low > 0 || one.difference_high < 0;
    return cell(isSure, `${amount(one.mean)} (${signed(one.difference, 1)})`, signed(one.difference_low, 1), signed(one.difference_high, 1));
  }), 'What a customer of week 0 brings from then on, discounted; in brackets the difference from the base, with its interval.'));
  return sheet(`Against ${names[found.base]}`, others, names, [...gains, ...worth]);
}
