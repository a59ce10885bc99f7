// What a sensitivity study found: the sentence, the bars, then what lies behind them.

import { h } from './dom.js';
import { cloud, decision, interactions } from './clouds.js';
import { csv, saving } from './save.js';
import { halves, spelled } from './words.js';

const MOST = 15;
const SHARES = ['S1', 'ST', 'S2'];

/** Return the nodes of an answer; `open` is called with a path and a value. */
export function matters(found, catalogue, open) {
  const ranked = found.indices.filter((row) => row.index === found.leading);
  const outcome = catalogue.outcomes.find((o) => o.name === found.outcome);
  const names = Object.keys(found.points.values);
  const about = { scale: outcome.unit.startsWith('share') ? 100 : 1, unit: unitOf(found, outcome) };
  const [first, rest] = halves(found.answer);
  return [
    h('div', { id: 'sensitivity-verdict' }, h('h2', { class: 'verdict' }, first), h('p', { class: 'futures' }, rest)),
    bars(found, ranked, about, open),
    h('h3', {}, `Set by set: ${found.title}, in ${outcomeUnit(found, outcome)}, over what moves it most from one end to the other`),
    h('div', { class: 'clouds' }, ...names.map((name) => cloud(found, name, about)),
      found.is_difference && names.length > 1 ? decision(found, names[0], names[1]) : null),
    found.interactions.length ? h('div', { class: 'figures' }, interactions(found)) : null,
    h('p', { class: 'how' }, `${found.how} ${found.runs.planned.toLocaleString('en')} runs. Kept in ${found.folder}. The same: `, h('code', {}, found.command)),
    h('p', { class: 'save' }, ...saving(found), h('button', { type: 'button', id: 'save-csv', onclick: () => csv(found.study, found.indices) }, 'Save table')),
  ].filter(Boolean);
}

function unitOf(found, outcome) {
  if (SHARES.includes(found.leading)) return 'of 100 of the variance';
  return outcomeUnit(found, outcome);
}

const outcomeUnit = (found, { unit }) => (unit.startsWith('share') ? unit.replace('share', '%-points') : found.unit);

function bars(found, ranked, { scale, unit }, open) {
  const isShare = SHARES.includes(found.leading);
  const factor = isShare ? 100 : scale;
  const rows = ranked.slice(0, MOST);
  const reach = Math.max(...rows.map((row) => Math.max(row.value, row.high ?? 0))) || 1;
  const second = new Map(found.indices.filter((row) => row.index === found.second).map((row) => [row.name, row]));
  const parameters = new Map(found.parameters.map((p) => [p.path, p]));
  const said = (v) => (Number.isFinite(v) ? `${+(factor * v).toPrecision(2)}`.replace('-', '−') : '–');
  const interval = ({ low, high }) => h('span', { class: 'interval' }, ` ${said(low)} to ${said(high)}`);
  const line = (row) => {
    const own = second.get(row.name);
    const isSure = row.low > 0;
    const about = parameters.get(row.name);
    const ends = about ? [['low', about.low], ['high', about.high]] : [];
    return h('tr', { 'data-name': row.name, class: isSure ? 'sure' : 'unsure' },
      h('th', { scope: 'row', title: row.name }, spelled(row.name)),
      h('td', { class: 'bar-cell' }, bar(row, own.value, reach, own.value < 0 && !isShare)),
      h('td', {}, ...row.value === null ? ['not resolved'] : [h('b', {}, said(row.value)), interval(row)]),
      h('td', {}, said(own.value), interval(own)),
      h('td', { class: 'ends' }, ...ends.map(([word, value]) =>
        h('button', { type: 'button', 'aria-label': `Open Live with ${spelled(row.name)} at its ${word} end, ${value}`, title: `Play it with ${+value.toPrecision(4)}`, onclick: () => open(row.name, value) }, word))));
  };
  const others = ranked.length - rows.length;
  return h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'What matters' },
    h('table', { class: 'bars' },
      h('caption', {}, `What moves ${found.title}. Pale: ${found.words[found.leading]}; solid: ${found.words[found.second]}; line, and in brackets: 95 % interval.`),
      h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Assumption'), h('th', { scope: 'col' }, 'How much'),
        h('th', { scope: 'col' }, found.words[found.leading], h('span', { class: 'unit' }, ` ${unit}`)),
        h('th', { scope: 'col' }, found.words[found.second]), h('th', { scope: 'col' }, 'Play it'))),
      h('tbody', {}, ...rows.map(line))),
    others > 0 ? h('p', { class: 'how' }, `${others} that matter less are in the numbers saved below.`) : null);
}

function bar(row, own, reach, isDown) {
  const x = (v) => `${(100 * Math.max(0, Math.min(reach, v))) / reach}%`;
  const at = (v, part) => { part.style.width = x(v); return part; };
  const whisker = h('span', { class: 'whisker' });
  whisker.style.left = x(row.low ?? row.value);
  whisker.style.right = `${100 - parseFloat(x(row.high ?? row.value))}%`;
  return h('span', { class: `indexed ${isDown ? 's2' : 's1'}`, 'aria-hidden': 'true' },
    at(row.value, h('span', { class: 'total' })), at(Math.abs(own), h('span', { class: 'own' })), whisker);
}
