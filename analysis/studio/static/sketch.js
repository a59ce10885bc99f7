// A prediction as a curve: drawn by hand, or by where it ends; then beside what came.

import { count, h, svg } from './dom.js';
import { marked, ticks } from './chart.js';

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [640, 136, 46, 10, 14, 20];
const REACH = 0.4;

export class Sketch {
  values = null;

  /** A sketch in a place; `changed` is called with every change. */
  constructor(place, opener, changed) {
    Object.assign(this, { place, opener, changed });
    this.drawing = svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img' });
    this.end = h('input', { type: 'range', id: 'sketch-end', oninput: () => this.#straight(+this.end.value) });
    place.replaceChildren(h('p', {}, 'Draw how many customers there will be, week by week, or say where it ends:'),
      this.drawing, h('label', {}, h('span', {}, 'Customers at the end '), this.end),
      h('button', { type: 'button', id: 'sketch-clear', onclick: () => this.clear() }, 'Clear'));
    opener.addEventListener('click', () => this.open(place.hidden));
    for (const event of ['pointerdown', 'pointermove']) {
      this.drawing.addEventListener(event, (e) => {
        if (event === 'pointerdown') { this.drawing.setPointerCapture(e.pointerId); this.last = null; }
        if (e.buttons) this.#to(e);
      });
    }
  }

  /** Take in a run: how long it is, how many customers it begins with, what befalls it. */
  begin(weeks, start, marks = []) {
    Object.assign(this, { weeks, start, marks });
    this.low = Math.floor(start * (1 - REACH));
    this.high = Math.ceil(start * (1 + REACH));
    Object.assign(this.end, { min: this.low, max: this.high, step: 1 });
    this.end.value = start;
    this.values = null;
    this.open(false);
  }

  open(isOpen) {
    this.place.hidden = !isOpen;
    this.opener.setAttribute('aria-expanded', `${isOpen}`);
    this.#draw();
  }

  clear() {
    this.values = null;
    this.end.value = this.start;
    this.#told();
  }

  /** Return how far a run went beside the curve on average up to a week, or NaN. */
  miss(frames, week) {
    if (!this.values || week === 0) return NaN;
    const past = frames.slice(1, week + 1);
    return past.reduce((sum, f, k) => sum + Math.abs(f.here.numbers.active - this.values[k + 1]), 0) / past.length;
  }

  #straight(end) {
    this.values = Array.from({ length: this.weeks + 1 }, (_, k) => this.start + ((end - this.start) * k) / this.weeks);
    this.#told();
  }

  #to({ clientX, clientY }) {
    const box = this.drawing.getBoundingClientRect();
    const across = ((clientX - box.left) / box.width) * WIDTH, down = ((clientY - box.top) / box.height) * HEIGHT;
    const week = Math.round(Math.max(0, Math.min(1, (across - LEFT) / (WIDTH - LEFT - RIGHT))) * this.weeks);
    const value = this.high - ((this.high - this.low) * Math.max(0, Math.min(1, (down - TOP) / (HEIGHT - TOP - BOTTOM))));
    this.values ??= Array(this.weeks + 1).fill(this.start);
    const [from, then] = this.last || [week, value];
    const [a, b] = [Math.min(from, week), Math.max(from, week)];
    for (let k = a; k <= b; k += 1) this.values[k] = then + ((value - then) * (k - from)) / (week - from || 1);
    this.values[week] = value;
    this.values.fill(value, week + 1);
    this.values[0] = this.start;
    this.last = [week, value];
    this.end.value = Math.round(this.values.at(-1));
    this.#told();
  }

  #told() {
    this.#draw();
    this.changed();
  }

  #draw() {
    if (this.place.hidden) return;
    const x = (week) => LEFT + ((WIDTH - LEFT - RIGHT) * week) / this.weeks;
    const y = (v) => TOP + ((HEIGHT - TOP - BOTTOM) * (this.high - v)) / (this.high - this.low);
    const values = this.values || [this.start];
    this.drawing.replaceChildren(
      svg('rect', { class: 'paper', x: LEFT, y: TOP, width: WIDTH - LEFT - RIGHT, height: HEIGHT - TOP - BOTTOM }),
      ...ticks(this.low, this.high).flatMap((v) => [
        svg('line', { class: 'rule', x1: LEFT, x2: WIDTH - RIGHT, y1: y(v), y2: y(v) }),
        svg('text', { class: 'tick', x: LEFT - 6, y: y(v) + 4, 'text-anchor': 'end' }, count(v))]),
      ...[0, Math.round(this.weeks / 2), this.weeks].map((week) =>
        svg('text', { class: 'tick', x: x(week), y: HEIGHT - 5, 'text-anchor': week ? (week === this.weeks ? 'end' : 'middle') : 'start' }, `week ${week}`)),
      ...marked(this.marks, x, this.weeks, [TOP, HEIGHT - BOTTOM]),
      svg('path', { class: 'line sketch', d: `M${values.map((v, k) => `${x(k).toFixed(1)} ${y(v).toFixed(1)}`).join('L')}` }),
      svg('circle', { class: 'start', cx: x(0), cy: y(this.start), r: 4 }));
    this.drawing.setAttribute('aria-label', this.values
      ? `Your curve, from ${count(this.start)} to ${count(this.values.at(-1))} customers` : 'No curve yet; draw one');
    this.end.setAttribute('aria-valuetext', `${count(+this.end.value)} customers`);
  }
}
