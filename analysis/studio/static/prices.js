// Prices that can be changed after the fact: nobody in the model knows one.

import { h } from './dom.js';
import { named, spelled } from './words.js';

const TITLES = {
  'market.segments.margin_per_week': 'Margin of a customer',
  'money.cost_to_serve': 'Cost of an episode',
  'money.acquisition_cost': 'Cost of winning a customer',
  'money.complaint_cost': 'Cost of a complaint',
  'money.discount_rate': 'Discount rate',
};

export class Prices {
  /** Inputs for the prices of a comparison; `changed` is called with those that differ. */
  constructor(found, changed) {
    this.changed = changed;
    this.inputs = found.prices.map((price) => ({ price, node: this.#input(price) }));
    this.reset = h('button', { type: 'button', id: 'prices-reset', disabled: true, onclick: () => this.#reset() }, 'Reset prices');
    this.node = h('fieldset', { class: 'prices' }, h('legend', {}, 'What if prices were other?'),
      ...this.inputs.map(({ price, node }) => h('label', { title: price.text },
        h('span', {}, TITLES[price.path] || named(spelled(price.path))), node,
        h('span', { class: 'unit' }, unit(price, found.currency)))),
      this.reset);
  }

  #input({ path, value, unit: { length } }) {
    return h('input', { type: 'number', step: 'any', min: length ? 0 : null, value: shown(path, value), id: `price-${path}`, oninput: () => this.#tell() });
  }

  #tell() {
    const differ = this.inputs.filter(({ price, node }) => node.value.trim() !== '' && node.value !== `${shown(price.path, price.value)}`);
    this.reset.disabled = !differ.length;
    this.changed(Object.fromEntries(differ.map(({ price, node }) => [price.path, +node.value / scale(price.path)])));
  }

  #reset() {
    for (const { price, node } of this.inputs) node.value = shown(price.path, price.value);
    this.#tell();
  }
}

const scale = (path) => (path === 'money.discount_rate' ? 100 : 1);
const shown = (path, value) => +(scale(path) * value).toPrecision(6);
const unit = ({ unit: text }, currency) => text.replace(/^money/, currency).replace(/^share/, '%');
