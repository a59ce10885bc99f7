// Five steps for a class: each asks first, then plays, then answers from what was played.

import { byId, h, told } from './dom.js';
import { STEPS } from './steps.js';

export class Lesson {
  number = 0;
  #pending = null;

  constructor(place, page) {
    Object.assign(this, { place, page });
    const { style } = document.documentElement;
    new ResizeObserver(() => style.setProperty('--lesson', `${place.offsetHeight}px`)).observe(place);
  }

  /** Ask a question; begin its world, unless one that is shown is to stay. */
  async show(number, isFresh = true) {
    const step = STEPS[number - 1];
    if (!step) { this.close(); return; }
    this.#cancel();
    this.number = number;
    this.page.show('live');
    this.answer = h('div', { class: 'answer', role: 'status' });
    this.go = h('button', { type: 'button', class: 'primary', id: 'lesson-go', disabled: true, onclick: told(() => this.play(step)) }, 'Show me');
    const choose = () => { this.go.disabled = false; };
    this.form = h('form', {}, h('div', { class: 'answers', role: 'radiogroup', 'aria-labelledby': 'lesson-question' },
      step.options.map((option, k) => h('label', {},
        h('input', { type: 'radio', name: 'lesson', value: `${k}`, onchange: choose }), h('span', {}, option)))));
    this.place.replaceChildren(
      h('div', { class: 'lesson-head' },
        h('h2', {}, `${number} of ${STEPS.length}: ${step.title}`),
        h('button', { type: 'button', id: 'lesson-close', 'aria-label': 'Close the lesson', onclick: () => this.close() }, '×')),
      h('p', {}, step.text), h('p', { class: 'question', id: 'lesson-question' }, step.question), this.form,
      h('div', { class: 'lesson-foot' }, this.go,
        h('button', { type: 'button', id: 'lesson-back', disabled: number === 1, onclick: told(() => this.show(number - 1)) }, 'Back'),
        h('button', { type: 'button', id: 'lesson-next', onclick: told(() => this.show(number + 1)) }, number === STEPS.length ? 'End' : 'Next')),
      this.answer);
    this.place.hidden = false;
    document.documentElement.classList.add('teaching');
    if (isFresh) {
      this.page.world.unpin();
      this.page.live.showTwin(Boolean(step.hasTwin));
      await this.page.live.begin(step.begin);
    }
    this.page.remember();
    this.place.scrollIntoView({ block: 'nearest' });
  }

  /** Play a step and answer it; another step, or another run, leaves it unanswered. */
  async play(step) {
    this.#cancel();
    const pending = new AbortController();
    this.#pending = pending;
    const chosen = +this.form.elements.lesson.value;
    const { answer, go } = this;
    go.disabled = true;
    answer.replaceChildren();
    this.place.classList.add('folded');
    byId('play').focus({ preventScroll: true });
    try {
      const { came, words, more } = await step.show(this.#tools(pending.signal));
      pending.signal.throwIfAborted();
      const first = `${came === chosen ? 'As you said' : 'It was'}: ${step.options[came]}. `;
      answer.replaceChildren(h('p', {}, h('b', {}, first), words), more ? this.#offer(more) : '');
      go.classList.remove('primary');
      byId(more ? 'lesson-compare' : 'lesson-next').classList.add('primary');
    } catch (error) {
      if (!pending.signal.aborted) throw error;
    } finally {
      go.disabled = false;
      if (this.#pending === pending) this.place.classList.remove('folded');
    }
  }

  /** What a step plays with; each of it fails once the answer is not waited for. */
  #tools(signal) {
    const { live, world } = this.page;
    const waited = (act) => async (...words) => {
      signal.throwIfAborted();
      const done = await act(...words);
      signal.throwIfAborted();
      return done;
    };
    return {
      world,
      begin: waited((wish) => live.begin(wish)),
      forward: waited((week) => world.forward(week - world.at)),
      play: waited((week) => this.#reach(week, signal)),
      pin: waited((name) => world.pin(name)),
      unpin: waited(() => world.unpin()),
    };
  }

  /** Play to a week. Who pauses may go on; who begins another run is not answered. */
  async #reach(week, signal) {
    const { live, world } = this.page;
    const { session } = world;
    await live.play(week);
    const isThere = () => world.at >= week || signal.aborted;
    while (!isThere()) {
      await new Promise((resume) => {
        for (const one of [world, signal]) for (const what of ['shown', 'abort']) one.addEventListener(what, resume, { once: true });
      });
      if (world.session !== session) this.#cancel();
    }
    live.pause();
  }

  #offer({ words, base, others }) {
    const { compare } = this.page;
    compare.ask(base, others);
    return h('button', { type: 'button', id: 'lesson-compare', onclick: told(() => this.page.show('compare')) }, words);
  }

  #cancel() {
    this.#pending?.abort();
    this.#pending = null;
    this.place.classList.remove('folded');
  }

  close() {
    this.#cancel();
    this.number = 0;
    this.place.hidden = true;
    document.documentElement.classList.remove('teaching');
    byId('lesson-open').focus();
    this.page.live.look();
    this.page.remember();
  }
}
