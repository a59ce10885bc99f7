// The charts beside the network: this run, its twin, and the run that was pinned.

import { Chart } from './chart.js';
import { count, h, points, signed } from './dom.js';
import { limits, source } from './firm.js';
import { weeks } from './save.js';

const score = (v) => (Number.isFinite(v) ? signed(v) : 'not known');
const stars = (v) => (Number.isFinite(v) ? v.toFixed(1) : 'none');
const share = (v) => (Number.isFinite(v) ? points(v) : 'none');

const CHARTS = [
  { title: 'Customers', format: count, tick: count, least: 40, shows: [['active', '']],
    text: 'Active customers of the firm.' },
  { title: 'How they see the firm', format: share, tick: points, least: 0.08,
    shows: [['perception', 'still here'], ['perception_ever', 'all ever']],
    text: 'Mean perception, 0 to 100: of those still here, and of all who ever were customers. Survivors look happier.' },
  { title: 'Trust', format: share, tick: points, least: 0.06, shows: [['trust', '']],
    text: 'Mean trust of the customers, 0 to 100: the belief that promises are kept.' },
  { title: 'Truth and survey', format: score, tick: (v) => signed(v), least: 20, height: 120,
    shows: [['measured_nps', 'survey'], ['true_nps', 'truth']],
    text: 'Net Promoter Score: what the survey shows, and what it would be if everybody answered honestly. The blind spot lies between: survey less truth.' },
  { title: 'Public rating', format: stars, tick: (v) => v.toFixed(1), least: 0.4, shows: [['rating', '']],
    text: 'Stars on the review site, 1 to 5.' },
];
const [CUSTOMERS, SURVEY, RATING] = [0, 3, 4];
const KINDS = ['here', 'second'];

export class Numbers {
  constructor(place, catalogue) {
    this.charts = CHARTS.map((about) => new Chart(about));
    this.rows = h('tbody');
    this.catalogue = catalogue;
    this.place = place;
    this.table = h('details', { class: 'table', ontoggle: () => this.#fill() },
      h('summary', {}, 'All numbers of this week'),
      h('table', {}, h('thead', {}, h('tr', {},
        h('th', { scope: 'col' }, 'Number'), h('th', { scope: 'col' }, 'Here'), h('th', { scope: 'col' }, 'Twin'))), this.rows));
    const save = h('button', { type: 'button', id: 'save-weeks', title: 'Every week of this world and its twin, as CSV',
      onclick: () => weeks(this.world, catalogue) }, 'Save numbers');
    place.replaceChildren(...this.charts.map((chart) => chart.node), this.table, h('p', {}, save));
  }

  /** Draw a world, and the curve that was sketched of its customers, if one was. */
  draw(world, sketched) {
    this.world = world;
    const { at, frames, pinned, frame } = world;
    const upTo = frames.slice(0, at + 1);
    const { hasTwin, shocks: marks } = world;
    for (const [k, { shows, format }] of CHARTS.entries()) {
      const series = (from, which, name) => from.map((f) => f[which].numbers[name]);
      const lines = [];
      if (k === CUSTOMERS && sketched) lines.push({ name: 'sketch', kind: 'sketch', values: sketched });
      if (pinned) lines.push({ name: pinned.name, kind: 'pinned', values: series(pinned.frames, 'here', shows[0][0]) });
      if (hasTwin && shows.length === 1) lines.push({ name: 'without', kind: 'twin', values: series(upTo, 'twin', shows[0][0]) });
      for (const [place, [name, label]] of [...shows.entries()].reverse()) {
        lines.push({ name: label || 'now', kind: KINDS[place], values: series(upTo, 'here', name) });
      }
      const now = shows.map(([name]) => format(frame.here.numbers[name]));
      const more = { value: now.join(' / '), note: this.#note(k, frame, shows), marks, ...limits(world, shows[0][0]) };
      if (k === SURVEY) Object.assign(more, { source: source(world), gap: this.#blind(frame, shows.map(([name]) => series(upTo, 'here', name))) });
      this.charts[k].draw(lines, world.session.weeks, at, more);
    }
    this.place.classList.toggle('by-survey', Boolean(limits(world, 'measured_nps').limit));
    this.#fill();
  }

  #note(k, { here }, shows) {
    const texts = shows.map(([, label]) => label).filter(Boolean).join(' / ');
    if (k === CUSTOMERS) return `+${count(here.numbers.joined + here.numbers.returned)} −${count(here.numbers.left)} this week`;
    if (k === RATING) return `${count(here.numbers.reviews)} ${here.numbers.reviews === 1 ? 'review' : 'reviews'} this week`;
    return k === SURVEY && Number.isFinite(here.numbers.blind_spot) ? `${texts}, blind spot ${signed(Math.round(here.numbers.measured_nps) - Math.round(here.numbers.true_nps))}` : texts;
  }

  #blind({ here }, values) {
    const { blind_spot: now } = here.numbers;
    return Number.isFinite(now) ? { name: 'blind spot', values } : null;
  }

  #fill() {
    if (!this.table.open || !this.world) return;
    const { frame: { here, twin }, session: { currency } } = this.world;
    const said = (v) => (Number.isFinite(v) ? v.toLocaleString('en', { maximumFractionDigits: 3 }) : '–');
    this.rows.replaceChildren(...this.catalogue.numbers.map(({ name, unit, text }) =>
      h('tr', {}, h('th', { scope: 'row', title: text }, `${name.replaceAll('_', ' ')} (${unit.replace('money', currency)})`),
        h('td', {}, said(here.numbers[name])), h('td', {}, said(twin.numbers[name])))));
  }
}
