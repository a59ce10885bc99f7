// The live view: stories, the network, time, and what a click or a key does.

import { byId, h, told } from './dom.js';
import { legend } from './legend.js';
import { LeverPanel } from './levers.js';
import { beginning, differing, firstLost, hub } from './meet.js';
import { Numbers } from './numbers.js';
import { Picture } from './paint.js';
import { People } from './people.js';
import { gradient } from './palette.js';
import { Prediction } from './predict.js';
import { ShockPanel } from './shocks.js';
import * as words from './words.js';

const [FAST, IN_A_GO, LATE] = [60, 4, 100];

export class Live {
  isPlaying = false;

  constructor(world, catalogue, page) {
    Object.assign(this, { world, catalogue, page });
    this.pictures = {
      here: new Picture(byId('canvas-here'), catalogue.bytes),
      twin: new Picture(byId('canvas-twin'), catalogue.bytes),
    };
    this.numbers = new Numbers(byId('charts'), catalogue);
    this.levers = new LeverPanel(byId('levers'), catalogue, told((change) => world.change(change)));
    this.shocks = new ShockPanel(byId('shocks'), catalogue, told((shocks) => { this.close(); return world.befall(shocks); }));
    this.people = new People(this);
    this.prediction = new Prediction(() => this.draw());
    this.#stories();
    this.#controls();
    world.addEventListener('opened', () => this.#opened());
    for (const what of ['shown', 'changed']) world.addEventListener(what, () => this.draw());
    const watcher = new ResizeObserver(() => this.look());
    watcher.observe(byId('worlds'));
  }

  #stories() {
    byId('stories').replaceChildren(...this.catalogue.stories.map(({ scenario, title, hook }) =>
      h('button', { type: 'button', class: 'story', 'data-scenario': scenario, 'aria-pressed': 'false',
        onclick: told(() => this.begin({ scenario })) },
      h('b', {}, title), h('span', {}, hook))));
  }

  #controls() {
    const { world, catalogue } = this;
    const on = (id, event, act) => byId(id).addEventListener(event, told(act));
    on('play', 'click', () => this.toggle());
    on('step', 'click', () => this.go(1));
    on('back', 'click', () => this.go(-1));
    on('reset', 'click', () => this.begin({}));
    on('pin', 'click', () => this.pin());
    on('twin-lacks', 'change', () => {
      const { value } = byId('twin-lacks');
      this.close();
      return world.lack(value);
    });
    on('take', 'click', () => this.page.take());
    on('twin', 'click', () => this.showTwin(byId('world-twin').hidden));
    on('time', 'input', () => { this.pause(); this.world.show(+byId('time').value); });
    on('customers', 'change', () => this.begin({ customers: +byId('customers').value }));
    on('seed', 'change', () => this.begin({ seed: Math.max(0, Math.round(+byId('seed').value)) }));
    for (const which of ['here', 'twin']) {
      on(`canvas-${which}`, 'click', (event) => this.choose(this.pictures[which].find(event.clientX, event.clientY)));
    }
    on('meet-lost', 'click', () => this.choose(firstLost(world.frames, world.at, beginning(world), catalogue.bytes), 'Nobody has left since the firm began to act; play some weeks.'));
    on('meet-differs', 'click', () => this.choose(this.#marks().indexOf(1), 'No fate differs from the twin yet; play some weeks with a lever.'));
    on('meet-hub', 'click', () => this.choose(hub(world.network)));
  }

  /** Begin another run; what is not said stays as it is. */
  begin(wish) {
    this.pause();
    this.close();
    const before = wish.scenario ? { overrides: [], lacking: '', title: '' } : {};
    return this.world.open({ ...this.world.wish, ...before, changes: [], week: 0, ...wish });
  }

  #opened() {
    const { world } = this;
    const { scenario, customers, seed } = world.wish;
    for (const each of byId('stories').children) each.setAttribute('aria-pressed', `${each.dataset.scenario === scenario}`);
    const choice = byId('customers');
    if (![...choice.options].some((o) => +o.value === customers)) choice.append(new Option(customers));
    choice.value = customers;
    byId('seed').value = seed;
    this.prediction.begin(world);
    byId('time').max = world.session.weeks;
    byId('caption-here').textContent = world.wish.title || world.session.name;
    byId('meet-lost').textContent = world.hasTwin ? 'the first lost here' : 'the first who left';
    this.look();
  }

  /** Draw everything anew: another size, another theme, another network. */
  look() {
    if (!this.world.network || !this.world.frame || byId('view-live').hidden) return;
    const theme = this.page.theme;
    for (const picture of Object.values(this.pictures)) {
      if (picture.canvas.clientWidth) picture.set(this.world.network, theme);
    }
    byId('legend').replaceChildren(...legend(!byId('world-twin').hidden));
    byId('legend').style.setProperty('--ramp', gradient(theme));
    this.draw();
  }

  draw() {
    const { world } = this;
    if (!world.frame) return;
    const isTwin = !byId('world-twin').hidden;
    const marks = isTwin ? this.#marks() : null;
    const { chosen, way } = this.people;
    for (const which of isTwin ? ['here', 'twin'] : ['here']) {
      this.pictures[which].draw(world.frame[which], { marks, chosen, way: way?.world === which ? way.rows : [] });
    }
    byId('sentence').textContent = words.sentence(world);
    byId('second').textContent = words.beneath(world);
    for (const which of ['here', 'twin']) {
      byId(`canvas-${which}`).setAttribute('aria-label', `${which === 'twin' ? 'The twin network' : 'The network'}: ${words.sentence(world)}`);
    }
    byId('week').textContent = world.at;
    byId('time').value = world.at;
    byId('time').setAttribute('aria-valuetext', `Week ${world.at} of ${world.session.weeks}`);
    byId('back').disabled = world.at === 0;
    byId('step').disabled = world.isOver;
    byId('pin').textContent = world.pinned ? 'Unpin run' : 'Pin run';
    byId('play').textContent = this.isPlaying ? 'Pause' : world.isOver ? 'Play again' : 'Play';
    this.numbers.draw(world, this.prediction.sketch.values);
    this.levers.draw(world);
    this.shocks.draw(world);
    this.#lacking();
    this.prediction.draw(world);
    if (!this.isPlaying) this.page.remember();
  }

  /** Say what the twin lacks; where it could lack something else, let it be chosen. */
  #lacking() {
    const { world } = this;
    const isOpen = world.levers.length > 0 && world.session.shocks.length > 0;
    byId('twin-lacks').hidden = !isOpen;
    byId('twin-lacks').value = world.session.twin;
    byId('caption-twin').textContent = isOpen ? 'Its twin, without ' : world.hasTwin ? `Its twin, without ${words.lacked(world)}` : 'Its twin: the same, until the firm does something';
  }

  #marks() { return differing(this.world.frame, this.catalogue.bytes.full); }

  async toggle() {
    if (this.isPlaying) { this.pause(); return; }
    if (this.world.isOver) this.world.show(0);
    await this.play();
  }

  /** Play until a week, the horizon, a pause, or nobody looks. */
  async play(until = Infinity) {
    this.isPlaying = true;
    this.prediction.sketch.open(false);
    let due = performance.now();
    while (this.isPlaying && !this.world.isOver && this.world.at < until && !document.hidden) {
      const speed = +byId('speed').value;
      await this.world.forward(speed > FAST ? IN_A_GO : 1);
      // A late week is made up for by the next ones; a long delay is not.
      due = Math.max(due + 1000 / speed, performance.now() - LATE);
      await new Promise((resume) => { setTimeout(resume, Math.max(0, due - performance.now())); });
    }
    this.pause();
  }

  pause() {
    if (!this.isPlaying) return;
    this.isPlaying = false;
    this.draw();
  }

  async go(weeks) {
    this.pause();
    if (weeks > 0) await this.world.forward(weeks);
    else this.world.show(this.world.at + weeks);
  }

  pin() { return this.world.pinned ? this.world.unpin() : this.world.pin(); }

  showTwin(isShown) {
    byId('world-twin').hidden = !isShown;
    byId('worlds').classList.toggle('both', isShown);
    byId('twin').setAttribute('aria-pressed', `${isShown}`);
    this.look();
  }

  /** Tell the story of a customer, or say why there is none. */
  async choose(row, otherwise = '') {
    if (row >= 0) await this.people.choose(row);
    else if (otherwise) throw new Error(otherwise);
  }

  close() {
    this.people.close();
    this.draw();
  }
}
