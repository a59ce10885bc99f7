// What will happen: picked, or sketched; said before Play, then held beside what came.

import { byId } from './dom.js';
import { Sketch } from './sketch.js';
import * as words from './words.js';

export class Prediction {
  guess = null;

  /** A prediction of a world; `changed` is called when a curve was drawn. */
  constructor(changed) {
    this.form = byId('predict');
    this.sketch = new Sketch(byId('sketch'), byId('sketch-open'), changed);
    this.form.addEventListener('change', ({ target }) => {
      if (target.name !== 'guess') return;
      this.guess = +target.value;
      if (this.world) this.draw(this.world);
    });
  }

  /** Forget what was said: another run begins. */
  begin(world) {
    this.guess = null;
    this.form.reset();
    this.sketch.begin(world.session.weeks, world.frames[0].here.numbers.active, world.shocks);
  }

  draw(world) {
    this.world = world;
    const miss = this.sketch.miss(world.frames, world.at);
    byId('predict-question').textContent = words.question(world);
    byId('predict-answer').textContent = [
      this.guess === null ? '' : words.verdict(world, this.guess),
      Number.isFinite(miss) ? words.beside(miss) : '',
    ].filter(Boolean).join(' ');
  }
}
