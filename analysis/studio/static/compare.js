// The compare view: which scenarios, how many worlds, then the answer with its certainty.

import { byId, h, told } from './dom.js';
import { answer } from './answer.js';
import * as wire from './wire.js';

const EVERY = 400;

export class Compare {
  job = null;

  constructor(place, catalogue, page, asked) {
    Object.assign(this, { place, catalogue, page });
    this.scenarios = [...catalogue.scenarios];
    this.base = this.#choice('compare-base', 'Compared with', asked.base);
    this.others = asked.others.filter((id) => this.#known(id));
    this.chips = h('div', { class: 'chips', role: 'group', 'aria-label': 'What is compared' });
    this.add = h('select', { id: 'compare-add', 'aria-label': 'Add a scenario', onchange: () => this.#added() });
    this.pairs = h('select', { id: 'compare-pairs' }, ...[10, 30, 100, 300].map((n) =>
      h('option', { value: n, selected: n === asked.pairs }, `up to ${n} worlds`)));
    this.file = h('input', { type: 'file', accept: '.yaml,.yml', id: 'compare-file', class: 'hidden-input', onchange: told(() => this.#dropped(this.file.files)) });
    this.start = h('button', { type: 'submit', class: 'primary', id: 'compare-start' }, 'Compare');
    this.stop = h('button', { type: 'button', id: 'compare-cancel', hidden: true, onclick: told(() => this.cancel()) }, 'Cancel');
    this.bar = h('progress', { id: 'compare-bar', max: 1, value: 0, 'aria-label': 'Worlds lived' });
    this.words = h('p', { id: 'compare-words', role: 'status' });
    this.progress = h('div', { class: 'progress', hidden: true }, this.bar, this.words);
    this.found = h('div', { id: 'compare-found', class: 'found' });
    const form = h('form', { class: 'ask', onsubmit: told((event) => { event.preventDefault(); return this.begin(); }) },
      h('label', {}, 'Take ', this.base), h('span', {}, 'and try'), this.chips, this.add,
      h('label', { class: 'drop', for: 'compare-file', id: 'compare-drop' }, 'or drop a scenario file', this.file),
      h('label', {}, 'in ', this.pairs), this.start, this.stop);
    for (const event of ['dragover', 'drop']) {
      place.addEventListener(event, told((e) => {
        e.preventDefault();
        return event === 'drop' ? this.#dropped(e.dataTransfer.files) : undefined;
      }));
    }
    place.replaceChildren(h('h1', {}, 'Is it luck? Compare in many worlds'), form, this.progress, this.found);
    this.#draw();
  }

  #known(id) { return this.scenarios.some((s) => s.id === id); }
  #name(id) { return this.scenarios.find((s) => s.id === id)?.name || id; }

  #choice(id, label, chosen) {
    return h('select', { id, 'aria-label': label }, ...this.scenarios.map((s) =>
      h('option', { value: s.id, selected: s.id === chosen, title: s.question }, s.name)));
  }

  #draw() {
    this.chips.replaceChildren(...this.others.map((id) =>
      h('button', { type: 'button', class: 'chip', title: 'Take it away', 'aria-label': `Take away ${this.#name(id)}`,
        onclick: () => { this.others = this.others.filter((o) => o !== id); this.#draw(); } }, this.#name(id), h('span', { 'aria-hidden': 'true' }, ' ×'))));
    const free = this.scenarios.filter((s) => !this.others.includes(s.id));
    this.add.replaceChildren(h('option', { value: '' }, 'Add …'),
      ...free.map((s) => h('option', { value: s.id, title: s.question }, s.name)));
    this.start.disabled = !this.others.length;
    this.page.remember?.();
  }

  #added() {
    if (this.add.value) this.others = [...this.others, this.add.value].slice(-5);
    this.#draw();
  }

  async #dropped(files) {
    for (const file of files) {
      if (file.size > 200_000) throw new Error(`${file.name}: is larger than any scenario; drop a YAML file.`);
      const about = await wire.drop(file.name, await file.text());
      this.scenarios.push(about);
      this.base.append(h('option', { value: about.id }, about.name));
      this.others = [...this.others, about.id].slice(-5);
    }
    this.#draw();
  }

  /** Return what the address says of this view. */
  asked() { return { base: this.base.value, others: this.others, pairs: +this.pairs.value }; }

  async begin() {
    this.page.remember();
    const { seed, customers } = this.page.world.wish;
    this.found.replaceChildren();
    this.#busy(true);
    try {
      this.job = await wire.beginJob({ ...this.asked(), seed, customers });
      while (this.job.state === 'running') {
        this.#tell();
        await new Promise((resume) => { setTimeout(resume, EVERY); });
        this.job = await wire.job(this.job.id);
      }
      if (this.job.state === 'failed') throw new Error(this.job.words);
      this.#tell();
      if (this.job.state === 'done') {
        this.result = await wire.jobResult(this.job.id);
        this.found.replaceChildren(...answer(this.result, this.catalogue));
      }
    } finally {
      this.#busy(false);
    }
  }

  async cancel() {
    if (this.job) this.job = { ...this.job, ...(await wire.cancelJob(this.job.id)) };
  }

  #busy(isOn) {
    this.start.disabled = isOn;
    this.stop.hidden = !isOn;
    this.progress.hidden = !isOn && this.job?.state !== 'stopped';
    byId('view-compare').setAttribute('aria-busy', `${isOn}`);
  }

  #tell() {
    const { done, planned, words } = this.job;
    this.bar.max = planned || 1;
    this.bar.value = done;
    this.words.textContent = planned ? `${done} of at most ${planned} runs. ${words}` : words;
  }
}
