// The compare view: which scenarios, how many worlds, then the answer with its certainty.

import { Answer } from './answer.js';
import { byId, h, told } from './dom.js';
import { JobPanel } from './job.js';
import * as wire from './wire.js';

const MOST_CHANGES = 6;
const MOST = 5;
const LARGEST = 200_000;

export class Compare {
  constructor(place, catalogue, page, asked) {
    Object.assign(this, { place, catalogue, page });
    this.scenarios = [...catalogue.scenarios];
    /** By the name of a file and of its scenario, what it is called here. */
    this.dropped = new Map();
    this.base = this.#choice('compare-base', 'Compared with', asked.base);
    this.base.addEventListener('change', () => this.#draw());
    this.others = asked.others.filter((id) => this.#known(id));
    this.isAsked = location.hash.includes('others=');
    this.chips = h('div', { class: 'chips', role: 'group', 'aria-label': 'What is compared' });
    this.add = h('select', { id: 'compare-add', 'aria-label': 'Add a scenario', onchange: () => this.#added() });
    this.pairs = h('select', { id: 'compare-pairs' }, ...[10, 30, 100, 300].map((n) =>
      h('option', { value: n, selected: n === asked.pairs }, `up to ${n} worlds`)));
    this.file = h('input', { type: 'file', accept: '.yaml,.yml', multiple: true, id: 'compare-file', class: 'hidden-input', onchange: told(() => this.drop(this.file.files)) });
    this.start = h('button', { type: 'submit', class: 'primary', id: 'compare-start' }, 'Compare');
    this.panel = new JobPanel('compare', (isOn) => this.#busy(isOn));
    this.changes = h('div', { class: 'changes', id: 'compare-changes' });
    this.found = h('div', { id: 'compare-found', class: 'found' });
    const form = h('form', { class: 'ask', onsubmit: told((event) => { event.preventDefault(); return this.begin(); }) },
      h('label', {}, 'Take ', this.base), h('span', {}, 'and try'), this.chips, this.add,
      h('label', { class: 'drop', for: 'compare-file', id: 'compare-drop' }, 'or drop scenario files', this.file),
      h('label', {}, 'in ', this.pairs), this.start, this.panel.stop, this.changes);
    place.replaceChildren(h('h1', {}, 'Is it luck? Compare in many worlds'), form, this.panel.node, this.found);
    this.#draw();
  }

  get job() { return this.panel.job; }

  #known(id) { return this.scenarios.some((s) => s.id === id); }
  #name(id) { return this.scenarios.find((s) => s.id === id)?.name || id; }

  #choice(id, label, chosen) {
    return h('select', { id, 'aria-label': label }, ...this.scenarios.map((s) =>
      h('option', { value: s.id, selected: s.id === chosen, title: s.question }, s.name)));
  }

  #draw() {
    this.chips.replaceChildren(...this.others.map((id) =>
      h('button', { type: 'button', class: 'chip', title: 'Take it away', 'aria-label': `Take away ${this.#name(id)}`,
        onclick: () => { this.isAsked = true; this.others = this.others.filter((o) => o !== id); this.#draw(); } }, this.#name(id), h('span', { 'aria-hidden': 'true' }, ' ×'))));
    const free = this.scenarios.filter((s) => !this.others.includes(s.id));
    this.add.replaceChildren(h('option', { value: '' }, 'Add …'),
      ...free.map((s) => h('option', { value: s.id, title: s.question }, s.name)));
    this.#arm();
    this.page.remember?.();
    if (this.page.view === 'compare') told(() => this.look())();
  }

  /** Show how what is compared differs, in words. */
  async look() {
    const [base, others] = [this.base.value, this.others];
    const found = await wire.differences(base, others, this.page.world.wish?.customers);
    if (others !== this.others || base !== this.base.value) return;
    this.changes.replaceChildren(...others.map((id) => {
      const chips = found[id].slice(0, MOST_CHANGES).map(({ what, text, about, path }) =>
        h('li', { class: 'change' }, h('b', {}, what), ` ${text}`, h('small', {}, about, ' ', h('code', {}, path))));
      const rest = found[id].length - chips.length;
      return h('div', {}, h('h2', {}, this.#name(id)), h('ul', { 'aria-label': `How ${this.#name(id)} differs` },
        chips.length ? chips : h('li', { class: 'change' }, 'runs exactly alike'),
        rest > 0 ? h('li', { class: 'change' }, `and ${rest} more`) : null));
    }));
  }

  #added() {
    const { value } = this.add;
    this.#draw();
    if (value) this.#try([value]);
  }

  /** Take in scenario files; a line for each that is none, after all others are in. */
  async drop(files) {
    const wrong = [], taken = [];
    for (const file of files) {
      try {
        if (file.size > LARGEST) throw new Error(`${file.name}: is larger than any scenario; drop a YAML file.`);
        const about = await wire.drop(file.name, await file.text());
        this.#know(about);
        this.#replace(`${file.name} ${about.name}`, about.id);
        taken.push(about.id);
      } catch ({ message }) {
        wrong.push(message.startsWith(file.name) ? message : `${file.name}: ${message}`);
      }
    }
    this.file.value = '';
    try { this.#try(taken); } catch ({ message }) { wrong.push(message); }
    if (wrong.length) throw new Error(wrong.join('\n'));
  }

  /** Take in what was played, {session, name, levers, week}, beside its twin; return its chip. */
  async take({ session, name, levers, week }) {
    const same = this.scenarios.filter((s) => s.name.startsWith(name)).length;
    const about = await wire.take(session, { name: same ? `${name}, ${same + 1}` : name, levers, week });
    this.#know(about);
    if (about.base.id.startsWith('file:')) this.#know(about.base);
    if (!this.isAsked) this.base.value = about.base.id;
    this.#try([about.id]);
    return this.chips.lastChild;
  }

  /** Let a file that was dropped before, and mended since, take its own place. */
  #replace(file, id) {
    const before = this.dropped.get(file);
    this.dropped.set(file, id);
    if (!before) return;
    if (this.base.value === before) this.base.value = id;
    this.base.querySelector(`[value="${before}"]`).remove();
    this.others = this.others.filter((other) => other !== before);
    this.scenarios = this.scenarios.filter((each) => each.id !== before);
  }

  #know(about) {
    this.scenarios.push(about);
    this.base.append(h('option', { value: about.id }, about.name));
  }

  /** Try these too, while there is room; what nobody asked for makes room first. */
  #try(ids) {
    if (!ids.length) return;
    const before = this.isAsked ? this.others : [];
    const all = [...before, ...ids];
    this.isAsked = true;
    this.others = all.slice(0, MOST);
    this.#draw();
    const rest = all.slice(MOST).map((id) => this.#name(id));
    if (rest.length) throw new Error(`No room for ${rest.join(', ')}: ${MOST} can be tried at once. Take one away, then add it from the list.`);
  }

  /** Take up a question: a base, and what to try. */
  ask(base, others) {
    this.base.value = base;
    this.others = [...others];
    this.isAsked = true;
    this.#draw();
  }

  /** Return what the address says of this view. */
  asked() { return { base: this.base.value, others: this.others, pairs: +this.pairs.value }; }

  /** Compare; or follow every customer of what was compared, if asked. */
  async begin(follow = false) {
    this.page.remember();
    const { seed, customers } = this.page.world.wish;
    const wish = follow ? this.wish : { kind: 'compare', ...this.asked(), seed, customers };
    // Where the button was pressed is where its work is watched.
    if (follow) byId('compare-follow').parentElement.after(this.panel.node);
    else {
      this.found.before(this.panel.node);
      this.found.replaceChildren();
    }
    const result = await this.panel.run({ ...wish, follow });
    if (!result) return;
    Object.assign(this, { wish, result });
    this.answer = new Answer(result, this.catalogue, {
      reprice: (prices) => wire.prices(this.job.id, prices),
      follow: told(() => this.begin(true)),
      job: this.job.id,
    });
    this.found.replaceChildren(...this.answer.nodes);
    if (follow) byId('saved-title').focus();
    await this.answer.warm();
  }

  #arm() { this.start.disabled = this.panel.isRunning || !this.others.length; }

  #busy(isOn) {
    this.#arm();
    const follow = document.getElementById('compare-follow');
    if (follow) follow.disabled = isOn;
    byId('view-compare').setAttribute('aria-busy', `${isOn}`);
  }
}
