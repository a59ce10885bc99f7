// What a comparison found: the verdict first, then how sure it is, then how it went.

import { h, told } from './dom.js';
import { fan, strip } from './fan.js';
import { Prices } from './prices.js';
import { saved } from './saved.js';
import { saving } from './save.js';
import { earned, table } from './tables.js';
import { halves, named, outcome } from './words.js';

const BANDS = ['active', 'true_nps', 'measured_nps', 'perception'];
const PAIRS = ['active', 'npv'];
const LATER = 200;

export class Answer {
  /** The answer of a job; `reprice` asks for it at other prices, `follow` whom it saved. */
  constructor(found, catalogue, { reprice, follow, job }) {
    Object.assign(this, { found, catalogue, reprice });
    this.labels = Object.keys(found.scenarios);
    this.others = this.labels.filter((label) => label !== found.base);
    this.names = distinct(found.scenarios);
    this.head = h('div', { id: 'verdict' });
    this.sure = h('div', { class: 'found' });
    this.prices = new Prices(found, told((prices) => this.#priced(prices)));
    this.money = h('div');
    this.strips = h('div', { class: 'figures' });
    this.#tell(found);
    const names = this.names;
    this.nodes = [
      this.head, this.sure,
      h('section', { class: 'pays', 'aria-label': 'Does it pay' }, h('h2', {}, 'Does it pay?'), this.money, this.prices.node),
      this.strips,
      h('div', { class: 'figures' }, ...BANDS.map((name) =>
        fan(`${name === 'active' ? 'Customers' : named(outcome(name))}, week by week`, this.labels.map((label, place) => ({ name: names[label], place, bands: scaled(name, found.bands[name][label]) })), struck(found.shocks)))),
      found.customers
        ? saved(found, this.others, names)
        : h('p', { class: 'save' }, h('button', { type: 'button', id: 'compare-follow', onclick: follow }, 'Who was saved, and why?')),
      h('p', { class: 'how' }, `${found.seeds.length} worlds, seeds ${found.seeds[0]} to ${found.seeds.at(-1)}. Kept in ${found.folder}. The same: `,
        h('code', {}, found.command)),
      h('p', { class: 'save' }, ...saving(found, job)),
      ...found.warnings.map((line) => h('p', { class: 'warning' }, line)),
    ];
  }

  /** Have the server read the runs, so that the first change of a price is at once. */
  warm() { return this.reprice({}); }

  async #priced(prices) {
    clearTimeout(this.waiting);
    await new Promise((resume) => { this.waiting = setTimeout(resume, LATER); });
    const asked = JSON.stringify(prices);
    this.asked = asked;
    const told = Object.keys(prices).length ? await this.reprice(prices) : this.found;
    if (this.asked === asked) this.#tell(told, Object.keys(prices).length > 0);
  }

  /** Show everything that depends on prices. */
  #tell(found, isRepriced = false) {
    const { names, others, labels } = this;
    const [first, rest] = halves(found.verdict);
    this.head.replaceChildren(...[
      h('h2', { class: 'verdict' }, first), rest ? h('p', { class: 'futures' }, rest) : null,
      isRepriced ? h('p', { class: 'repriced', role: 'status' }, 'At the prices below. Nothing was run again; the report keeps the prices of the files.') : null,
    ].filter(Boolean));
    this.sure.replaceChildren(
      h('p', { class: 'futures' }, others.flatMap((label) => futures(found, label, names))),
      h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Table of differences' }, table(found, others, names, this.catalogue)));
    this.money.replaceChildren(h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Table of money' }, earned(found, others, names)));
    this.strips.replaceChildren(...PAIRS.map((name) =>
      strip(`${named(outcome(name))}: difference from ${names[found.base]}, one dot a world`, others.map((label) => ({
        name: names[label], place: labels.indexOf(label), values: found.pairs[name][label],
        interval: found.differences.find((d) => d.scenario === label && d.outcome === name),
      })))));
  }
}

/** Return the shocks of all scenarios, each once. */
function struck(shocks) {
  const all = Object.values(shocks).flat().map(({ name, from, lasts }) => [`${name} ${from}`, { name, from, to: from + lasts }]);
  return [...new Map(all).values()];
}

/** Return bands as people say them: a perception out of 100. */
const scaled = (name, bands) => (name === 'perception' ? bands.map((band) => band.map((v) => (v === null ? v : 100 * v))) : bands);

function distinct(scenarios) {
  const names = Object.values(scenarios);
  return Object.fromEntries(Object.entries(scenarios).map(([label, name]) =>
    [label, names.filter((n) => n === name).length > 1 ? label : name]));
}

function futures(found, label, names) {
  const n = found.seeds.length;
  const score = (name) => h('b', { class: 'score' }, `${found.pairs[name][label].filter((d) => d > 0).length} of ${n}`);
  return [`${names[label]}: more customers in `, score('active'), ' worlds, more money in ', score('npv'), '. '];
}
