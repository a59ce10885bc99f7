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

class Page {
  view = 'live';
  chosenTheme = '';
  isReady = false;

  get theme() { return this.chosenTheme || (dark.matches ? 'dark' : 'light'); }

  async start() {
    this.catalogue = await wire.catalogue();
    const asked = address.read();
    this.world = new World();
    this.live = new Live(this.world, this.catalogue, this);
    this.compare = new Compare(byId('view-compare'), this.catalogue, this, asked);
    this.sensitivity = new Sensitivity(byId('view-sensitivity'), this.catalogue, this, asked);
    this.lesson = new Lesson(byId('lesson'), this);
    about(byId('about'), this.catalogue, this);
    this.#controls();
    this.paintTheme();
    await this.show(asked.view);
    if (asked.twin) this.live.showTwin(true);
    await this.world.open(asked);
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

  key(event) {
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || byId('about').open) return undefined;
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName)) return undefined;
    if (key === 'f') return this.project();
    if (this.view !== 'live') return undefined;
    const isButton = /^(BUTTON|SUMMARY)$/.test(target.tagName);
    const acts = {
      ' ': () => (isButton ? undefined : this.live.toggle()),
      ArrowRight: () => this.live.go(1),
      ArrowLeft: () => this.live.go(-1),
      r: () => this.live.begin({}),
      p: () => this.live.pin(),
      t: () => this.live.showTwin(byId('world-twin').hidden),
      Escape: () => this.live.close(),
    };
    if (!acts[key]) return undefined;
    if (!(key === ' ' && isButton)) event.preventDefault();
    return acts[key]();
  }

  /** Put what is shown into the address. */
  remember() {
    if (!this.world.wish) return;
    const { scenario, seed, customers, overrides = [] } = this.world.wish;
    address.write({
      view: this.view, scenario, seed, customers, overrides,
      week: this.world.at, changes: this.world.changes,
      twin: !byId('world-twin').hidden, lesson: this.lesson?.number || 0,
      compare: this.compare.asked(), sensitivity: this.sensitivity.asked(),
    });
  }
}

const page = new Page();
window.groundswell = page;
told(() => page.start())();
