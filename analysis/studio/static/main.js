// The page: which view is shown, keys, light and dark, the address.

import * as address from './address.js';
import { about } from './about.js';
import { Compare } from './compare.js';
import { byId, told } from './dom.js';
import { Lesson } from './lesson.js';
import { Live } from './live.js';
import { Sensitivity } from './sensitivity.js';
import * as wire from './wire.js';
import { World } from './world.js';

const dark = matchMedia('(prefers-color-scheme: dark)');

/** Where letters are typed, or chosen by. */
const TYPED = 'select, textarea, input:not([type="range"], [type="radio"])';
/** What Space presses. */
const PRESSED = 'button, summary, input[type="radio"]:not(:checked)';

const SLOW = 'Beginning … The first time, the model is compiled, which takes about half a minute.';

class Page {
  view = 'live';
  chosenTheme = '';
  isReady = false;

  get theme() { return this.chosenTheme || (dark.matches ? 'dark' : 'light'); }

  async start() {
    const slow = setTimeout(() => { byId('sentence').textContent = SLOW; }, 3000);
    this.catalogue = await wire.catalogue();
    const asked = address.read();
    this.world = new World();
    this.live = new Live(this.world, this.catalogue, this);
    this.compare = new Compare(byId('view-compare'), this.catalogue, this, asked);
    this.sensitivity = new Sensitivity(byId('view-sensitivity'), this.catalogue, this, asked);
    this.lesson = new Lesson(byId('lesson'), this);
    about(byId('about'), this.catalogue);
    this.#controls();
    this.paintTheme();
    await this.show(asked.view);
    if (asked.twin) this.live.showTwin(true);
    try {
      await this.world.open(asked);
    } catch (error) {
      this.world.wish ??= asked;
      throw error;
    } finally {
      clearTimeout(slow);
    }
    if (asked.lesson) await this.lesson.show(asked.lesson, !asked.week);
    this.isReady = true;
  }

  #controls() {
    for (const tab of document.querySelectorAll('[data-view]')) {
      tab.addEventListener('click', told(() => this.show(tab.dataset.view)));
    }
    byId('projector').addEventListener('click', () => this.project());
    byId('theme').addEventListener('click', () => {
      this.chosenTheme = this.theme === 'dark' ? 'light' : 'dark';
      this.paintTheme();
    });
    dark.addEventListener('change', () => this.paintTheme());
    byId('lesson-open').addEventListener('click', told(() => this.lesson.show(1)));
    byId('about-open').addEventListener('click', () => byId('about').showModal());
    byId('main').addEventListener('dragover', (event) => event.preventDefault());
    byId('main').addEventListener('drop', told((event) => this.drop(event)));
    document.addEventListener('keydown', told((event) => this.key(event)));
  }

  paintTheme() {
    document.documentElement.dataset.theme = this.theme;
    byId('theme').setAttribute('aria-pressed', `${this.theme === 'dark'}`);
    this.live.look();
  }

  project() {
    const isOn = document.documentElement.classList.toggle('projected');
    byId('projector').setAttribute('aria-pressed', `${isOn}`);
    this.live.look();
  }

  show(view) {
    const known = document.getElementById(`view-${view}`) ? view : 'live';
    this.view = known;
    for (const section of document.querySelectorAll('.view')) section.hidden = section.id !== `view-${known}`;
    for (const tab of document.querySelectorAll('[data-view]')) {
      if (tab.dataset.view === known) tab.setAttribute('aria-current', 'page');
      else tab.removeAttribute('aria-current');
    }
    if (known !== 'live') this.live.pause();
    this.live.look();
    this.remember();
    return known === 'live' ? undefined : this[known].look();
  }

  /** Take scenario files into Compare, wherever on the page they are dropped. */
  async drop(event) {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    const files = [...event.dataTransfer.files];
    await this.show('compare');
    await this.compare.drop(files);
  }

  /** Take what is played, as it stands, into Compare. */
  async take() {
    const { world } = this;
    this.live.pause();
    await world.settled();
    const { session: { id, name }, levers, at } = world;
    const chip = this.compare.take({ session: id, name: `${name}, as played to week ${at}`, levers, week: at });
    await this.show('compare');
    (await chip).focus();
  }

  key(event) {
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || byId('about').open) return undefined;
    if (target.matches(TYPED) || (key.startsWith('Arrow') && target.matches('input'))) return undefined;
    if (key === 'f') return this.project();
    if (this.view !== 'live') return undefined;
    const isPressed = target.matches(PRESSED);
    const acts = {
      ' ': () => (isPressed ? undefined : this.live.toggle()),
      ArrowRight: () => this.live.go(1),
      ArrowLeft: () => this.live.go(-1),
      r: () => this.live.begin({}),
      p: () => this.live.pin(),
      c: () => this.take(),
      t: () => this.live.showTwin(byId('world-twin').hidden),
      Escape: () => this.live.close(),
    };
    if (!acts[key]) return undefined;
    if (!(key === ' ' && isPressed)) event.preventDefault();
    return acts[key]();
  }

  /** Put what is shown into the address. */
  remember() {
    if (!this.world.wish) return;
    const { scenario, seed, customers, overrides = [] } = this.world.wish;
    address.write({
      view: this.view, scenario, seed, customers, overrides,
      week: this.world.at, changes: this.world.changes, lacking: this.world.wish.lacking,
      twin: !byId('world-twin').hidden, lesson: this.lesson?.number || 0,
      compare: this.compare.asked(), sensitivity: this.sensitivity.asked(),
    });
  }
}

const page = new Page();
window.groundswell = page;
told(() => page.start())();
