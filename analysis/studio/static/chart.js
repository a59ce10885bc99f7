// Small line charts: a title with the number of now, lines with their names, no legend.

import { h, svg } from './dom.js';

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [340, 96, 34, 70, 6, 18];

/** Return round numbers that span a range, two to five of them. */
export function ticks(low, high) {
  const rough = (high - low) / 3 || 1;
  const unit = 10 ** Math.floor(Math.log10(rough));
  let found = [];
  for (const k of [10, 5, 2, 1]) {
    const size = k * unit;
    found = [];
    for (let x = Math.ceil(low / size) * size; x <= high + size * 1e-9; x += size) found.push(x + 0);
    if (found.length > 2 || (found.length === 2 && k <= 5)) break;
  }
  return found;
}

/** Return where the names at the ends of lines are read: apart, and none below `most`. */
export function spread(places, gap, most = Infinity) {
  const order = places.map((y, k) => [y, k]).sort((a, b) => a[0] - b[0]);
  for (let k = 1; k < order.length; k += 1) {
    if (order[k][0] - order[k - 1][0] < gap) order[k][0] = order[k - 1][0] + gap;
  }
  const out = [];
  for (const [y, k] of order.reverse()) {
    out[k] = Math.min(y, most);
    most = out[k] - gap;
  }
  return out;
}

export class Chart {
  /** A chart of {title, text, format, tick, least}; `least` is the least span it shows. */
  constructor(about) {
    this.about = about;
    this.value = h('strong', { class: 'value' });
    this.note = h('span', { class: 'note' });
    this.drawing = svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img' });
    this.node = h('section', { class: 'chart', 'aria-label': about.title },
      h('h3', { title: about.text }, about.title), this.value, this.note, this.drawing);
  }

  /** Draw lines {name, kind, values}, over weeks 0 to `weeks`, up to the week `now`. */
  draw(lines, weeks, now, { value, note = '' }) {
    this.value.textContent = value;
    this.note.textContent = note;
    const all = lines.flatMap((line) => line.values).filter(Number.isFinite);
    let [low, high] = [Math.min(...all), Math.max(...all)];
    if (!all.length) [low, high] = [0, 1];
    const lack = this.about.least - (high - low);
    if (lack > 0) [low, high] = [low - lack / 2, high + lack / 2];
    const x = (week) => LEFT + ((WIDTH - LEFT - RIGHT) * week) / weeks;
    const y = (v) => TOP + ((HEIGHT - TOP - BOTTOM) * (high - v)) / (high - low);
    const shapes = ticks(low, high).flatMap((v) => [
      svg('line', { class: 'rule', x1: LEFT, x2: WIDTH - RIGHT, y1: y(v), y2: y(v) }),
      svg('text', { class: 'tick', x: LEFT - 5, y: y(v) + 3.5, 'text-anchor': 'end' }, this.about.tick(v)),
    ]);
    for (const week of [0, Math.round(weeks / 2), weeks]) {
      shapes.push(svg('text', { class: 'tick', x: x(week), y: HEIGHT - 5, 'text-anchor': 'middle' }, `${week}`));
    }
    shapes.push(svg('line', { class: 'now', x1: x(now), x2: x(now), y1: TOP, y2: HEIGHT - BOTTOM }));
    for (const line of lines) {
      shapes.push(svg('path', { class: `line ${line.kind}`, d: path(line.values, x, y) }));
    }
    this.drawing.replaceChildren(...shapes, ...names(lines, now, x, y));
    const said = lines.map((l) => `${l.name} ${this.about.format(last(l.values, now))}`).join(', ');
    this.drawing.setAttribute('aria-label', `${this.about.title}, week ${now}: ${said}`);
  }
}

function path(values, x, y) {
  let d = '', isOn = false;
  values.forEach((v, week) => {
    if (Number.isFinite(v)) d += `${isOn ? 'L' : 'M'}${x(week).toFixed(1)} ${y(v).toFixed(1)}`;
    isOn = Number.isFinite(v);
  });
  return d;
}

function last(values, now) {
  for (let week = Math.min(now, values.length - 1); week >= 0; week -= 1) {
    if (Number.isFinite(values[week])) return values[week];
  }
  return NaN;
}

function names(lines, now, x, y) {
  const ends = lines.map((line) => {
    const end = line.values.length - 1;
    return { line, at: end, place: y(last(line.values, end)) };
  }).filter(({ place }) => Number.isFinite(place));
  const places = spread(ends.map((end) => end.place), 12, HEIGHT - BOTTOM);
  return ends.map(({ line, at }, k) =>
    svg('text', { class: `name ${line.kind}`, x: Math.min(x(at) + 5, WIDTH - RIGHT + 5), y: places[k] + 3.5 }, line.name));
}
