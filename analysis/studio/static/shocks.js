// What befalls the firm, whatever it does: fired in the week shown, or taken back.

import { h } from './dom.js';
import { named } from './words.js';

export class ShockPanel {
  /** Fill a place; `befall` is called with what befalls the firm from now on. */
  constructor(place, catalogue, befall) {
    Object.assign(this, { place, catalogue, befall });
  }

  draw({ session, at, isOver }) {
    const key = JSON.stringify([session.shocks, isOver]);
    this.at = at;
    if (key === this.drawn) return;
    const hasFocus = this.place.contains(document.activeElement);
    this.drawn = key;
    const { shocks } = session;
    const chips = shocks.map((shock, row) => {
      const [[name, { from_week: from, lasts_weeks: lasts }]] = Object.entries(shock);
      const words = `${named(name)}, weeks ${from} to ${from + lasts - 1}`;
      return h('button', { type: 'button', class: 'chip', title: 'Spare the firm this', 'aria-label': `Take away ${words}`,
        onclick: () => this.befall(shocks.filter((_, k) => k !== row)) }, words, h('span', { 'aria-hidden': 'true' }, ' ×'));
    });
    const choice = h('select', { id: 'shock-add', 'aria-label': 'Let something befall the firm now', disabled: isOver,
      onchange: () => choice.value && this.befall([...shocks, { [choice.value]: { from_week: this.at } }]) },
    h('option', { value: '' }, 'Let something happen …'),
    Object.entries(this.catalogue.shocks).map(([name, { text }]) => h('option', { value: name, title: text }, named(name))));
    this.place.replaceChildren(...chips, choice);
    if (hasFocus) choice.focus();
  }
}
