// Small line charts: a title with the number of now, lines with their names, no legend.

import { h, svg } from './dom.js';

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [340, 96, 34, 70, 6, 18];
const LABELS = 12;

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

/** Return what marks weeks, [{name, from, to}]: a band, where it begins, its name above. */
export function marked(marks, x, weeks, [top, bottom]) {
  return marks.filter(({ from }) => from < weeks).flatMap(({ name, from, to }) => {
    const [left, right] = [x(from), x(Math.min(to, weeks))];
    return [
      svg('rect', { class: 'struck', x: left, width: right - left, y: top, height: bottom - top }),
      svg('line', { class: 'struck', x1: left, x2: left, y1: top, y2: bottom }),
      svg('text', { class: 'struck', x: left, y: top - 3, 'text-anchor': from > 0.7 * weeks ? 'end' : 'start' }, `${name}, week ${from}`),
    ];
  });
}

export class Chart {
  /** A chart of {title, text, format, tick, least, height}; `least` is the least span. */
  constructor(about) {
    this.about = about;
    this.height = about.height ?? HEIGHT;
    this.value = h('strong', { class: 'value' });
    this.note = h('span', { class: 'note' });
    this.drawing = svg('svg', { role: 'img' });
    this.source = h('p', { class: 'source', hidden: true });
    this.node = h('section', { class: 'chart', 'aria-label': about.title },
      h('h3', { title: about.text }, about.title), this.value, this.note, this.drawing, this.source);
  }

  /**
   * Draw lines {name, kind, values}, over weeks 0 to `weeks`, up to the week `now`.
   * Besides: `marks` of weeks, a `gap` {name, values} shaded between two lines, a
   * `limit` {name, at}, the weeks in which somebody `acts`, where numbers come from.
   */
  draw(lines, weeks, now, { value, note = '', source = '', marks = [], gap = null, limit = null, acts = [] }) {
    this.value.textContent = value;
    this.note.textContent = note;
    this.source.textContent = source;
    this.source.hidden = !source;
    const above = marks.length || limit ? LABELS : 0;
    const [top, bottom] = [TOP + above, this.height + above - BOTTOM];
    this.drawing.setAttribute('viewBox', `0 0 ${WIDTH} ${this.height + above}`);
    const all = lines.flatMap((line) => line.values).concat(limit ? limit.at : []).filter(Number.isFinite);
    let [low, high] = [Math.min(...all), Math.max(...all)];
    if (!all.length) [low, high] = [0, 1];
    const lack = this.about.least - (high - low);
    if (lack > 0) [low, high] = [low - lack / 2, high + lack / 2];
    const x = (week) => LEFT + ((WIDTH - LEFT - RIGHT) * week) / weeks;
    const y = (v) => top + ((bottom - top) * (high - v)) / (high - low);
    const shapes = ticks(low, high).flatMap((v) => [
      svg('line', { class: 'rule', x1: LEFT, x2: WIDTH - RIGHT, y1: y(v), y2: y(v) }),
      svg('text', { class: 'tick', x: LEFT - 5, y: y(v) + 3.5, 'text-anchor': 'end' }, this.about.tick(v)),
    ]);
    for (const week of [0, Math.round(weeks / 2), weeks]) {
      shapes.push(svg('text', { class: 'tick', x: x(week), y: bottom + 13, 'text-anchor': 'middle' }, `${week}`));
    }
    shapes.push(svg('line', { class: 'now', x1: x(now), x2: x(now), y1: top, y2: bottom }),
      ...marked(marks, x, weeks, [top, bottom]));
    if (gap) shapes.push(svg('path', { class: 'gap', d: between(gap.values, x, y) }));
    if (limit) {
      shapes.push(svg('line', { class: 'limit', x1: LEFT, x2: WIDTH - RIGHT, y1: y(limit.at), y2: y(limit.at) }),
        svg('text', { class: 'limit', x: WIDTH - 4, y: top - 5, 'text-anchor': 'end' }, `╌ ${limit.name}`),
        ...acts.map((week) => svg('rect', { class: 'acts', x: x(week), width: x(1) - x(0), y: bottom - 1, height: 5 })));
    }
    for (const line of lines) {
      shapes.push(svg('path', { class: `line ${line.kind}`, d: path(line.values, x, y) }));
    }
    this.drawing.replaceChildren(...shapes, ...names(lines, gap, x, y, bottom));
    const said = lines.map((l) => `${l.name} ${this.about.format(last(l.values, now))}`).join(', ');
    const also = [gap && `${gap.name}, shaded`, limit?.name, ...marks.map(({ name, from }) => `${name} in week ${from}`)].filter(Boolean);
    this.drawing.setAttribute('aria-label', [`${this.about.title}, week ${now}: ${said}`, ...also].join('; '));
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

/** Return the outline of the area between two lines. */
function between([upper, lower], x, y) {
  const weeks = upper.map((v, week) => week).filter((week) => Number.isFinite(upper[week]) && Number.isFinite(lower[week]));
  const edge = (values, order) => order.map((week) => `${x(week).toFixed(1)} ${y(values[week]).toFixed(1)}`);
  return weeks.length ? `M${[...edge(upper, weeks), ...edge(lower, [...weeks].reverse())].join('L')}Z` : '';
}

function last(values, now) {
  for (let week = Math.min(now, values.length - 1); week >= 0; week -= 1) {
    if (Number.isFinite(values[week])) return values[week];
  }
  return NaN;
}

/** Return the names at the ends of lines, and of the gap between two of them. */
function names(lines, gap, x, y, bottom) {
  const ends = lines.map(({ name, kind, values }) => ({ name, kind, at: values.length - 1, place: y(last(values, values.length - 1)) }));
  if (gap) {
    const at = gap.values[0].length - 1;
    ends.push({ name: gap.name, kind: 'gap', at, place: (y(last(gap.values[0], at)) + y(last(gap.values[1], at))) / 2 });
  }
  const shown = ends.filter(({ place }) => Number.isFinite(place));
  const places = spread(shown.map((end) => end.place), 12, bottom);
  return shown.map(({ name, kind, at }, k) =>
    svg('text', { class: `name ${kind}`, x: Math.min(x(at) + 5, WIDTH - RIGHT + 5), y: places[k] + 3.5 }, name));
}
