// What the firm does: a card a lever, with sliders that act from the next week on.

import { h } from './dom.js';
import { named, quantity } from './words.js';

const GENERAL = { strength: 'How strongly', coverage: 'For how many' };

/** Fill a place with the levers of a world; `change` is called with what was moved. */
export class LeverPanel {
  constructor(place, catalogue, change) {
    Object.assign(this, { place, catalogue, change });
  }

  draw(world) {
    const isWaiting = world.levers.map((lever) => Object.values(lever)[0].from_week > world.at);
    const key = JSON.stringify([world.levers, isWaiting]);
    if (key === this.drawn) return;
    const isOpen = [...this.place.querySelectorAll('details[open]')].map((d) => d.dataset.lever);
    const focus = document.activeElement?.id;
    this.drawn = key;
    const cards = world.levers.map((lever, row) => this.#card(lever, row, world, isOpen));
    this.place.replaceChildren(...cards, this.#more(world));
    if (focus && this.place.contains(document.getElementById(focus))) document.getElementById(focus).focus();
  }

  #card(lever, row, world, isOpen) {
    const [name] = Object.keys(lever);
    const about = this.catalogue.levers[name];
    const values = lever[name];
    const fields = about.fields.map((field) => this.#slider(field, values, row, name, world));
    const isGeneral = about.fields.map((field) => field.is_general);
    const from = values.from_week > world.at ? h('p', { class: 'from' }, `Begins in week ${values.from_week}.`) : null;
    return h('section', { class: 'lever', 'aria-label': named(name) },
      h('h3', { title: `Moves ${about.moves}. Side effect: ${about.side_effect}. Evidence: ${about.evidence}` }, named(name)),
      h('p', { class: 'what' }, about.text), from,
      fields.filter((_, k) => isGeneral[k]).reverse(),
      h('details', { 'data-lever': `${row}`, open: isOpen.includes(`${row}`) },
        h('summary', {}, 'More, and what it rests on'),
        fields.filter((_, k) => !isGeneral[k]),
        h('p', { class: 'source' }, `Side effect: ${about.side_effect}. Evidence: ${about.evidence}.`)));
  }

  #slider(field, values, row, name, world) {
    const value = values[field.name] ?? field.default;
    const [low, high] = field.range;
    const id = `lever-${row}-${field.name}`;
    const said = (v) => quantity(v, field.unit, world.session.currency);
    const output = h('output', { for: id }, said(value));
    const input = h('input', {
      id, type: 'range', min: Math.min(low, value), max: Math.max(high, value), step: (high - low) / 100 || 0.01, value,
      'aria-valuetext': said(value),
      oninput: () => {
        output.textContent = said(+input.value);
        input.setAttribute('aria-valuetext', said(+input.value));
      },
      onchange: () => this.change({ row, key: field.name, value: +(+input.value).toPrecision(6) }),
    });
    const label = GENERAL[field.name] || named(field.name);
    return h('label', { class: 'slider', for: id, title: `${field.text} Source: ${field.source}` },
      h('span', {}, label, ' ', output), input);
  }

  #more(world) {
    const used = world.levers.map((lever) => Object.keys(lever)[0]);
    const free = Object.keys(this.catalogue.levers).filter((name) => !used.includes(name));
    const choice = h('select', {
      id: 'lever-add', 'aria-label': 'Add a lever',
      onchange: () => choice.value && this.change({ add: choice.value }),
    }, h('option', { value: '' }, 'Add a lever …'),
    free.map((name) => h('option', { value: name, title: this.catalogue.levers[name].text }, named(name))));
    return choice;
  }
}
