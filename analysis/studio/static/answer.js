// What a comparison found: the verdict first, then how sure it is, then how it went.

import { fan, strip } from './fan.js';
import { h, signed } from './dom.js';

const ROWS = ['active', 'retention', 'churn', 'perception', 'trust', 'true_nps', 'measured_nps', 'rating', 'lever_cost', 'npv'];
const TITLES = {
  active: 'Customers', retention: 'Kept from the start', churn: 'Leave in a year', perception: 'Perception',
  trust: 'Trust', true_nps: 'True score', measured_nps: 'Score in the survey', rating: 'Rating', lever_cost: 'Cost of levers', npv: 'Net present value',
};
const BANDS = [['active', 'Customers'], ['true_nps', 'True score'], ['measured_nps', 'Score in the survey'], ['perception', 'Perception']];
const PAIRS = [['active', 'Customers'], ['npv', 'Net present value']];

export function answer(found, catalogue) {
  const labels = Object.keys(found.scenarios);
  const others = labels.filter((label) => label !== found.base);
  const names = distinct(found.scenarios);
  const [first, rest] = halves(found.verdict);
  return [
    h('div', { id: 'verdict' }, h('h2', { class: 'verdict' }, first), rest ? h('p', { class: 'futures' }, rest) : null),
    h('p', { class: 'futures' }, others.map((label) => futures(found, label, names)).join(' ')),
    h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Table of differences' }, table(found, others, names, catalogue)),
    h('div', { class: 'figures' },
      ...PAIRS.map(([name, title]) => strip(`${title}: difference from ${names[found.base]}, one dot a world`, others.map((label) => ({
        name: names[label], place: labels.indexOf(label), values: found.pairs[name][label],
        interval: difference(found, label, name),
      })))),
      ...BANDS.map(([name, title]) => fan(`${title}, week by week`, labels.map((label, place) => ({ name: names[label], place, bands: found.bands[name][label] }))))),
    h('p', { class: 'how' }, `${found.seeds.length} worlds, seeds ${found.seeds[0]} to ${found.seeds.at(-1)}. Kept in ${found.folder}. The same: `,
      h('code', {}, found.command)),
    h('p', { class: 'save' },
      found.report ? h('a', { class: 'button', id: 'save-report', href: found.report, download: `${found.study}.html` }, 'Save report') : null,
      found.report ? h('a', { class: 'button', href: found.report, target: '_blank', rel: 'noopener' }, 'Open report') : null,
      h('button', { type: 'button', id: 'save-json', onclick: () => save(found) }, 'Save numbers')),
    ...found.warnings.map((line) => h('p', { class: 'warning' }, line)),
  ];
}

/** Return the first sentence of a verdict, and the others. */
function halves(text) {
  const end = text.search(/[.] [A-Z“]/);
  return end < 0 ? [text, ''] : [text.slice(0, end + 1), text.slice(end + 2)];
}

function distinct(scenarios) {
  const names = Object.values(scenarios);
  return Object.fromEntries(Object.entries(scenarios).map(([label, name]) =>
    [label, names.filter((n) => n === name).length > 1 ? label : name]));
}

function futures(found, label, names) {
  const won = (name) => found.pairs[name][label].filter((d) => d > 0).length;
  const n = found.seeds.length;
  return `${names[label]}: more customers in ${won('active')} of ${n} worlds, more money in ${won('npv')} of ${n}.`;
}

const difference = (found, label, name) => found.differences.find((d) => d.scenario === label && d.outcome === name);

function said(value, outcome) {
  if (value === null || value === undefined) return '–';
  if (outcome.unit.startsWith('share')) return `${signed(100 * value, 1)}`;
  return signed(value, Math.abs(value) < 10 ? Math.max(outcome.digits, 1) : outcome.digits);
}

function unit({ unit: text }, currency) {
  if (text.startsWith('share')) return text.replace('share', '%-points');
  return text === 'money' ? currency : text;
}

function table(found, others, names, catalogue) {
  const outcomes = Object.fromEntries(catalogue.outcomes.map((o) => [o.name, o]));
  const head = h('tr', {}, h('th', { scope: 'col' }, `Difference from ${names[found.base]}`),
    ...others.map((label) => h('th', { scope: 'col' }, names[label])));
  const rows = ROWS.map((name) => {
    const outcome = outcomes[name];
    return h('tr', { 'data-outcome': name }, h('th', { scope: 'row', title: outcome.text }, `${TITLES[name]} `, h('span', { class: 'unit' }, unit(outcome, found.currency))),
      ...others.map((label) => {
        const row = difference(found, label, name);
        const isSure = row.low > 0 || row.high < 0;
        return h('td', { class: isSure ? 'sure' : 'unsure' }, h('b', {}, said(row.difference, outcome)),
          h('span', { class: 'interval' }, ` ${said(row.low, outcome)} to ${said(row.high, outcome)}`));
      }));
  });
  return h('table', { class: 'differences' }, h('thead', {}, head), h('tbody', {}, ...rows));
}

function save(found) {
  const url = URL.createObjectURL(new Blob([JSON.stringify(found, null, 1)], { type: 'application/json' }));
  h('a', { href: url, download: `${found.study}.json` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
