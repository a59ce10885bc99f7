// Many runs at once: bands over the weeks, and one dot a pair.

import { h, svg } from './dom.js';
import { marked, spread, ticks } from './chart.js';

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [560, 240, 52, 168, 16, 24];
const LETTER = 13;

export const short = (v) => v.toLocaleString('en', { maximumFractionDigits: 2, notation: Math.abs(v) >= 10000 ? 'compact' : 'standard' });

/** Return a name in lines of some letters; a word that is longer has a line of its own. */
function lines(name, letters = 22) {
  const found = [];
  for (const word of name.split(' ')) {
    if (found.length && found.at(-1).length + word.length < letters) found.push(`${found.pop()} ${word}`);
    else found.push(word);
  }
  return found;
}

/** Return a figure: its title, its shapes, and what they say to who does not see them. */
export function framed(title, said, shapes, [width, height] = [WIDTH, HEIGHT]) {
  return h('figure', { class: 'plot' }, h('figcaption', {}, title),
    svg('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': `${title}. ${said}` }, ...shapes));
}

/** Return a figure of bands: 90 and 50 of 100 runs, and the middle one. */
export function fan(title, series, marks = []) {
  const all = series.flatMap(({ bands }) => bands.flat()).filter(Number.isFinite);
  if (!all.length) return h('p', {}, `${title}: never measured.`);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const weeks = series[0].bands[0].length;
  // As in Live, a value stands where its week has been lived.
  const x = (week) => LEFT + ((WIDTH - LEFT - RIGHT) * week) / weeks;
  const y = (v) => TOP + ((HEIGHT - TOP - BOTTOM) * (high - v)) / (high - low || 1);
  const shapes = ticks(low, high).flatMap((v) => [
    svg('line', { class: 'rule', x1: LEFT, x2: WIDTH - RIGHT, y1: y(v), y2: y(v) }),
    svg('text', { class: 'tick', x: LEFT - 6, y: y(v) + 4, 'text-anchor': 'end' }, short(v)),
  ]);
  for (const week of [0, Math.round(weeks / 2), weeks]) {
    shapes.push(svg('text', { class: 'tick', x: x(week), y: HEIGHT - 6, 'text-anchor': 'middle' }, `week ${week}`));
  }
  shapes.push(...marked(marks, x, weeks, [TOP, HEIGHT - BOTTOM]));
  const points = (values) => values.map((v, k) => [x(k + 1), v]).filter(([, v]) => Number.isFinite(v)).map(([a, v]) => `${a.toFixed(1)} ${y(v).toFixed(1)}`);
  for (const { place, bands } of series) {
    for (const [from, to, kind] of [[0, 4, 'wide'], [1, 3, 'narrow']]) {
      shapes.push(svg('path', { class: `band ${kind} s${place}`, d: `M${[...points(bands[from]), ...points(bands[to]).reverse()].join('L')}Z` }));
    }
  }
  for (const { place, bands } of series) shapes.push(svg('path', { class: `line s${place}`, d: `M${points(bands[2]).join('L')}` }));
  const most = Math.max(...series.map(({ name }) => lines(name).length));
  const ends = spread(series.map(({ bands }) => y(bands[2].filter(Number.isFinite).at(-1))), LETTER * most + 2, HEIGHT - LETTER * most);
  series.forEach(({ name, place }, k) => shapes.push(svg('text', { class: `name s${place}` },
    ...lines(name).map((line, row) => svg('tspan', { x: WIDTH - RIGHT + 8, y: ends[k] + 4 + LETTER * row }, line)))));
  const said = series.map(({ name, bands }) => `${name} ends at ${short(bands[2].filter(Number.isFinite).at(-1))}`).join(', ');
  return framed(title, [said, ...marks.map(({ name, from }) => `${name} in week ${from}`)].join('; '), shapes);
}

/** Return a figure of paired differences: a dot a world, the interval, the zero line. */
export function strip(title, series) {
  const all = series.flatMap(({ values }) => values).filter(Number.isFinite).concat(0);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const x = (v) => LEFT + ((WIDTH - LEFT - 24) * (v - low)) / (high - low || 1);
  const lane = 84;
  const height = TOP + lane * series.length + BOTTOM;
  const shapes = ticks(low, high).map((v) =>
    svg('text', { class: 'tick', x: x(v), y: height - 6, 'text-anchor': 'middle' }, short(v)));
  shapes.push(svg('line', { class: 'zero', x1: x(0), x2: x(0), y1: TOP, y2: height - BOTTOM }));
  const said = [];
  series.forEach(({ name, place, values, interval }, k) => {
    const middle = TOP + lane * (k + 0.78);
    shapes.push(svg('text', { class: `name s${place}`, x: LEFT + 8, y: TOP + lane * k + 13 }, name));
    const heap = new Map();
    for (const v of values.filter(Number.isFinite)) {
      const slot = Math.round(x(v) / 7);
      const height = heap.get(slot) || 0;
      heap.set(slot, height + 1);
      shapes.push(svg('circle', { class: `dot s${place}`, cx: x(v), cy: middle - 8 - Math.min(height * 5, lane * 0.4), r: 3.4 }));
    }
    shapes.push(svg('line', { class: `bar s${place}`, x1: x(interval.low ?? 0), x2: x(interval.high ?? 0), y1: middle + 6, y2: middle + 6 }));
    shapes.push(svg('circle', { class: `mean s${place}`, cx: x(interval.difference), cy: middle + 6, r: 5 }));
    said.push(`${name}: mean ${short(interval.difference)}, interval ${short(interval.low ?? 0)} to ${short(interval.high ?? 0)}`);
  });
  return framed(title, said.join('. '), shapes, [WIDTH, height]);
}
