// Who is looked at: one customer's life, and on to whoever told or heard the story.

import { byId } from './dom.js';
import { panel } from './life.js';
import { life } from './wire.js';

export class People {
  chosen = -1;
  /** The way of a story: {world, rows}, from the first teller on. */
  way = null;
  /** Whom one came from: [{row, week}]. */
  #trail = [];

  constructor(live) { this.live = live; }

  /** Tell the story of a customer up to the week played; open it at a week, if given. */
  async choose(row, { week = null, isBack = false } = {}) {
    const { live } = this, { world } = live;
    if (!isBack && this.chosen >= 0 && row !== this.chosen) this.#trail.push({ row: this.chosen, name: this.name, week });
    live.pause();
    this.chosen = row;
    this.way = null;
    live.draw();
    await world.settled();
    const told = await life(world.session.id, row);
    if (this.chosen !== row) return;
    this.name = told.worlds[0].customer;
    byId('life').replaceChildren(...panel(told, {
      isAlone: !world.hasTwin, marks: world.shocks, back: this.#trail.at(-1),
      close: () => live.close(), meet: (to, at) => this.choose(to, { week: at }), goBack: () => this.#return(),
      turnTo: (at) => this.#turnTo(at),
      show: (which, rows) => this.#show(which, rows),
    }).filter(Boolean));
    byId('life').hidden = false;
    byId('charts').hidden = true;
    byId('life-title').focus();
    this.#turnTo(week);
  }

  #return() {
    const { row, week } = this.#trail.pop();
    return this.choose(row, { week, isBack: true });
  }

  /** Bring a week of the life into sight, and mark it. */
  #turnTo(week) {
    const line = week === null ? null : byId('life').querySelector(`[data-week="${week}"]`);
    if (!line) return;
    for (const other of byId('life').querySelectorAll('.sought')) other.classList.remove('sought');
    line.classList.add('sought');
    const list = line.parentElement;
    list.scrollTop = line.offsetTop - list.offsetTop - 8;
  }

  /** Draw the way of a story into the network of its world, or take it away again. */
  #show(world, rows) {
    const isSame = this.way?.world === world && `${this.way.rows}` === `${rows}`;
    this.way = isSame ? null : { world, rows };
    if (world === 'twin' && !isSame && byId('world-twin').hidden) this.live.showTwin(true);
    this.live.draw();
    if (!isSame) byId(`canvas-${world}`).scrollIntoView({ block: 'nearest' });
    return !isSame;
  }

  close() {
    byId('life').hidden = true;
    byId('charts').hidden = false;
    this.chosen = -1;
    this.way = null;
    this.#trail = [];
  }
}
