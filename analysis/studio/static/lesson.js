// Five steps for a class: each asks first, then plays, then answers from what was played.

import { byId, h, told } from './dom.js';
import { STEPS } from './steps.js';

export class Lesson {
  number = 0;

  constructor(place, page) {
    Object.assign(this, { place, page });
  }

  async show(number) {
    const step = STEPS[number - 1];
    if (!step) { this.close(); return; }
    this.number = number;
    this.page.show('live');
    this.answer = h('p', { class: 'answer', role: 'status' });
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
    await this.page.live.begin({ scenario: step.scenario });
    this.place.scrollIntoView({ block: 'nearest' });
  }

  async play(step) {
    const chosen = +this.form.elements.lesson.value;
    this.go.disabled = true;
    const { live, world } = this.page;
    const tools = {
      world,
      begin: (wish) => live.begin(wish),
      forward: (week) => world.forward(week - world.at),
      play: (week) => live.play(week),
      pin: () => world.pin(world.session.name),
      unpin: () => world.unpin(),
    };
    const { came, words } = await step.show(tools);
    this.answer.replaceChildren(h('b', {}, came === chosen ? 'As you said. ' : `It was: ${step.options[came]}. `), words);
    this.go.disabled = false;
  }

  close() {
    this.number = 0;
    this.place.hidden = true;
    document.documentElement.classList.remove('teaching');
    byId('lesson-open').focus();
    this.page.remember();
  }
}
