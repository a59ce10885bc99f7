// Which assumptions vary: by section, or one by one.

import { h } from './dom.js';
import { spelled } from './words.js';
import * as wire from './wire.js';

const short = (v) => `${+v.toPrecision(3)}`;

export class Factors {
  /** A choice of what varies in a scenario; `changed` is called after each change. */
  constructor(changed) {
    this.changed = changed;
    this.sections = [];
    this.chosen = new Set();
    this.summary = h('summary', {});
    this.list = h('div', { class: 'sections' });
    this.node = h('details', { class: 'factors' }, this.summary, this.list);
  }

  /** Show what a scenario has; `patterns` says what varies, what is usual if empty. */
  async read(scenario, patterns = []) {
    this.sections = (await wire.factors(scenario)).sections;
    const isAsked = ({ path }, name) => patterns.includes(path) || patterns.includes(`${name}.*`);
    this.chosen = new Set(this.sections.flatMap(({ name, parameters }) =>
      parameters.filter((p) => (patterns.length ? isAsked(p, name) : p.is_usual)).map((p) => p.path)));
    this.list.replaceChildren(...this.sections.map((section) => this.#section(section)));
    this.#count();
  }

  /** Return what is chosen as `--vary` takes it; nothing if it is the usual. */
  get patterns() {
    const all = this.sections.flatMap((s) => s.parameters);
    if (all.every((p) => p.is_usual === this.chosen.has(p.path))) return [];
    return this.sections.flatMap(({ name, parameters }) => {
      const mine = parameters.filter((p) => this.chosen.has(p.path));
      return mine.length === parameters.length ? [`${name}.*`] : mine.map((p) => p.path);
    });
  }

  get count() { return this.chosen.size; }

  #section({ name, parameters }) {
    const ticks = parameters.map(({ path, name: word, low, high, now, unit, text }) => {
      const tick = h('input', { type: 'checkbox', checked: this.chosen.has(path), onchange: () => {
        this.#put(path, tick.checked);
        show();
      } });
      return h('label', { title: text }, tick, ' ', spelled(word),
        h('span', { class: 'unit' }, ` ${short(low)} to ${short(high)} ${unit}, now ${short(now)}`));
    });
    const whole = h('input', { type: 'checkbox', 'aria-label': `All of ${spelled(name)}`, onchange: () => {
      parameters.forEach(({ path }, k) => {
        ticks[k].querySelector('input').checked = whole.checked;
        this.#put(path, whole.checked);
      });
      show();
    } });
    const note = h('span', { class: 'unit' });
    const show = () => {
      const n = parameters.filter((p) => this.chosen.has(p.path)).length;
      whole.checked = n === parameters.length;
      whole.indeterminate = n > 0 && n < parameters.length;
      note.textContent = ` ${n} of ${parameters.length}`;
    };
    show();
    return h('div', { class: 'section' }, whole,
      h('details', {}, h('summary', {}, spelled(name), note), h('div', { class: 'each' }, ...ticks)));
  }

  #put(path, isOn) {
    if (isOn) this.chosen.add(path);
    else this.chosen.delete(path);
    this.#count();
    this.changed();
  }

  #count() {
    this.summary.textContent = `varying ${this.count} assumptions`;
  }
}
