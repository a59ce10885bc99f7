// One run as the page knows it: every week played so far, and how to get more.

import * as wire from './wire.js';

/** Return levers after a change: one number of a lever, or one more lever. */
export function changed(levers, change) {
  if (change.add) return [...levers, { [change.add]: {} }];
  return levers.map((lever, row) => {
    if (row !== change.row) return lever;
    const [name] = Object.keys(lever);
    return { [name]: { ...lever[name], [change.key]: change.value } };
  });
}

export class World extends EventTarget {
  frames = [];
  at = 0;
  changes = [];
  session = null;
  pinned = null;
  #unsent = null;
  #busy = Promise.resolve();

  get frame() { return this.frames[this.at]; }
  get isOver() { return this.at >= this.session.weeks; }

  /** Begin a run, and live it to a week, with the changes the firm makes on the way. */
  open(wish) { return this.#inTurn(() => this.#open(wish)); }

  async #open(wish) {
    const { scenario, seed, customers, overrides = [], changes = [], week = 0 } = wish;
    if (this.session) wire.close(this.session.id).catch(() => {});
    const session = await wire.open({ scenario, seed, customers, overrides });
    if (!this.network || this.network.for !== `${customers}/${seed}/${scenario}/${overrides}`) {
      this.network = await wire.layout(session.id);
      this.network.for = `${customers}/${seed}/${scenario}/${overrides}`;
    }
    Object.assign(this, { session, wish, changes: [], levers: session.levers, at: 0 });
    this.#unsent = null;
    this.frames = await wire.step(session, 0);
    this.#say('opened');
    for (const change of changes.filter((c) => c.week <= week)) {
      if (change.week > this.frames.length - 1) await this.#live(change.week - this.frames.length + 1);
      this.#take(change);
    }
    if (week > this.frames.length - 1) await this.#live(week - this.frames.length + 1);
    this.show(week);
  }

  /** Show a week that was played. */
  show(week) {
    this.at = Math.max(0, Math.min(this.frames.length - 1, week));
    this.#say('shown');
  }

  /** Go some weeks on, played already or not. */
  forward(weeks = 1) {
    return this.#inTurn(async () => {
      const wanted = Math.min(this.at + weeks, this.session.weeks);
      if (wanted > this.frames.length - 1) await this.#live(wanted - this.frames.length + 1);
      this.show(wanted);
    });
  }

  async #live(weeks) {
    const levers = this.#unsent;
    this.#unsent = null;
    const got = await wire.step(this.session, weeks, levers);
    this.frames.push(...got);
  }

  /** Let the firm change its mind from the week shown; what came after is forgotten. */
  change(change) {
    return this.#inTurn(async () => {
      const week = this.at;
      if (week < this.frames.length - 1) {
        const earlier = this.changes.filter((c) => c.week <= week);
        await this.#open({ ...this.wish, changes: earlier, week });
      }
      this.#take({ ...change, week });
      this.#say('changed');
    });
  }

  #take(change) {
    const isSame = (c) => c.week === change.week && c.row === change.row && c.key === change.key;
    this.changes = [...this.changes.filter((c) => change.add || !isSame(c)), change];
    this.levers = changed(this.levers, change);
    this.#unsent = this.levers;
  }

  pin(title) {
    this.pinned = { title, frames: this.frames.slice(0, this.frames.length) };
    this.#say('shown');
  }

  unpin() {
    this.pinned = null;
    this.#say('shown');
  }

  #inTurn(act) {
    const turn = this.#busy.then(act);
    this.#busy = turn.catch(() => {});
    return turn;
  }

  #say(what) { this.dispatchEvent(new Event(what)); }
}
