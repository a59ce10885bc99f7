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
  /** Whether the twin lacks anything that this world has. */
  get hasTwin() { return (this.session.twin === 'shocks' ? this.session.shocks : this.levers).length > 0; }
  /** What befalls the firm: [{name, from, to}], in weeks. */
  get shocks() {
    return this.session.shocks.map((shock) => Object.entries(shock)[0])
      .map(([name, { from_week: from, lasts_weeks: lasts }]) => ({ name, from, to: from + lasts }));
  }
  get isOver() { return this.at >= this.session.weeks; }

  /** Begin a run, and live it to a week, with the changes the firm makes on the way. */
  open(wish) { return this.#inTurn(() => this.#open(wish)); }

  async #open(wish) {
    const { scenario, seed, customers, overrides = [], changes = [], week = 0, lacking = '' } = wish;
    const asked = { scenario, seed, customers, overrides, ...(lacking && { twin: lacking }) };
    if (this.session) wire.close(this.session.id).catch(() => {});
    const isShown = !this.session && await this.#preview(asked, wish);
    const session = await wire.open(asked);
    if (!this.network || this.network.for !== JSON.stringify(asked)) {
      this.network = await wire.layout(session.id);
      this.network.for = JSON.stringify(asked);
    }
    Object.assign(this, { session, wish, changes: [], levers: session.levers, at: 0 });
    this.#unsent = null;
    this.frames = await wire.step(session, 0);
    if (!isShown) this.#say('opened');
    for (const change of changes.filter((c) => c.week <= week)) {
      if (change.week > this.frames.length - 1) await this.#live(change.week - this.frames.length + 1);
      this.#take(change);
    }
    if (week > this.frames.length - 1) await this.#live(week - this.frames.length + 1);
    this.show(week);
  }

  /** Show how a run begins while the server is still loading, if it began so before. */
  async #preview(asked, wish) {
    const known = await wire.opening(asked);
    if (!known) return false;
    const { session, network, frames } = known;
    network.for = JSON.stringify(asked);
    Object.assign(this, { session, network, frames, wish, levers: session.levers });
    this.#say('opened');
    this.show(0);
    return true;
  }

  /** Wait until the server has done all it was asked for. */
  settled() { return this.#inTurn(() => {}); }

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

  /** Let this befall the firm, and nothing else, beside a twin that is spared all. */
  befall(shocks) {
    const overrides = (this.wish.overrides || []).filter((each) => !each.startsWith('shocks='));
    return this.#again({ overrides: [...overrides, `shocks=${JSON.stringify(shocks)}`], lacking: shocks.length ? 'shocks' : '' });
  }

  /** Show a twin that lacks something else: "levers" or "shocks". */
  lack(lacking) { return this.#again({ lacking }); }

  /** Live the same weeks again, up to the one shown, where something is other. */
  #again(wish) {
    return this.#inTurn(() => this.#open({ ...this.wish, changes: this.changes.filter((c) => c.week <= this.at), week: this.at, ...wish }));
  }

  #take(change) {
    const isSame = (c) => c.week === change.week && c.row === change.row && c.key === change.key;
    this.changes = [...this.changes.filter((c) => change.add || !isSame(c)), change];
    this.levers = changed(this.levers, change);
    this.#unsent = this.levers;
  }

  pin(name = 'pinned') {
    this.pinned = { name, frames: this.frames.slice() };
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
