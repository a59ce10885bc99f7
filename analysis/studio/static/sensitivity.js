// The sensitivity view: of what, by what, in how many runs; then what matters.

import { byId, h, told } from './dom.js';
import { Factors } from './factors.js';
import { JobPanel } from './job.js';
import { matters } from './matters.js';
import { outcome } from './words.js';

const METHODS = [
  ['morris', 'each assumption, roughly (Morris)'],
  ['groups', 'whole subjects, as shares (Sobol)'],
  ['sobol', 'each assumption, as shares (Sobol; many runs)'],
];
const RUNS = [500, 2000, 5000, 20000];
const PEOPLE = [300, 500, 1000, 2000];

export class Sensitivity {
  constructor(place, catalogue, page, asked) {
    Object.assign(this, { place, catalogue, page });
    const choice = (id, label, options, chosen) => h('select', { id: `sensitivity-${id}`, 'aria-label': label },
      ...options.map(([value, name, title]) => h('option', { value, title, selected: `${value}` === `${chosen}` }, name)));
    const scenarios = catalogue.scenarios.map((s) => [s.id, s.name, s.question]);
    this.scenario = choice('scenario', 'Of which scenario', scenarios, asked.of);
    this.against = choice('against', 'Against what', [['', 'nothing: the world as it is'], ...scenarios.map(([id, name, text]) => [id, `against ${name}`, text])], asked.against);
    this.outcome = choice('outcome', 'Of which outcome', catalogue.outcomes.map((o) => [o.name, outcome(o.name), o.text]), asked.outcome);
    this.method = choice('method', 'How closely', METHODS, asked.method);
    this.budget = choice('budget', 'How many runs', RUNS.map((n) => [n, `${n.toLocaleString('en')} runs`]), asked.budget);
    this.people = choice('people', 'How many people', PEOPLE.map((n) => [n, `${n.toLocaleString('en')} people`]), asked.people);
    this.factors = new Factors(() => this.#draw());
    this.start = h('button', { type: 'submit', class: 'primary', id: 'sensitivity-start' }, 'Find out');
    this.panel = new JobPanel('sensitivity', (isOn) => this.#busy(isOn));
    this.found = h('div', { id: 'sensitivity-found', class: 'found' });
    const form = h('form', { class: 'ask', onsubmit: told((event) => { event.preventDefault(); return this.begin(); }) },
      h('label', {}, 'Take ', this.outcome), h('label', {}, 'of ', this.scenario), this.against,
      h('label', {}, 'and ask of ', this.method), h('label', {}, 'in ', this.budget), h('label', {}, 'with ', this.people),
      this.start, this.panel.stop, this.factors.node);
    this.scenario.addEventListener('change', told(() => this.factors.read(this.scenario.value).then(() => this.#draw())));
    form.addEventListener('change', () => this.page.remember());
    place.replaceChildren(h('h1', {}, 'What does the answer depend on?'), form, this.panel.node, this.found);
    this.vary = asked.vary;
  }

  get job() { return this.panel.job; }

  /** Read what can vary, once this view is looked at. */
  async look() {
    if (this.factors.sections.length) return;
    await this.factors.read(this.scenario.value, this.vary);
    this.#draw();
  }

  #draw() {
    this.start.disabled = this.panel.isRunning || this.factors.count < 2;
    this.page.remember?.();
  }

  /** Return what the address says of this view. */
  asked() {
    return {
      of: this.scenario.value, against: this.against.value, outcome: this.outcome.value,
      method: this.method.value, budget: +this.budget.value, people: +this.people.value,
      vary: this.factors.sections.length ? this.factors.patterns : this.vary,
    };
  }

  async begin() {
    await this.look();
    this.page.remember();
    const { of, against, method, people, ...wish } = this.asked();
    this.found.replaceChildren();
    const found = await this.panel.run({
      kind: 'sensitivity', scenario: of, against: against || null, customers: people,
      seed: this.page.world.wish.seed, ...wish,
      method: method === 'groups' ? 'sobol' : method, groups: method === 'groups',
    });
    if (!found) return;
    this.result = found;
    this.found.replaceChildren(...matters(found, this.catalogue, (path, value) => this.#open(of, path, value)));
  }

  /** Open Live with one assumption at one end of its range. */
  async #open(scenario, path, value) {
    this.page.show('live');
    await this.page.live.begin({ scenario, overrides: [`${path}=${value}`] });
  }

  #busy(isOn) {
    this.#draw();
    byId('view-sensitivity').setAttribute('aria-busy', `${isOn}`);
  }
}
