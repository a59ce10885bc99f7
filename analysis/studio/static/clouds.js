// Every set of assumptions that was lived as a dot: by one of them, by two of them.

import { svg } from './dom.js';
import { ticks } from './chart.js';
import { framed, short } from './fan.js';
import { spelled } from './words.js';

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [300, 190, 46, 12, 10, 26];
const SQUARE = 34;

const ends = (values) => [Math.min(...values), Math.max(...values)];
const along = ([low, high], from, to) => (v) => from + ((to - from) * (v - low)) / (high - low || 1);

function axes(x, y, across, up, scale = 1) {
  return [
    ...ticks(...across).map((v) => svg('text', { class: 'tick', x: x(v), y: HEIGHT - 8, 'text-anchor': 'middle' }, short(v))),
    ...ticks(...up.map((v) => v * scale)).flatMap((v) => [
      svg('line', { class: 'rule', x1: LEFT, x2: WIDTH - RIGHT, y1: y(v / scale), y2: y(v / scale) }),
      svg('text', { class: 'tick', x: LEFT - 5, y: y(v / scale) + 4, 'text-anchor': 'end' }, short(v)),
    ]),
  ];
}

/** Return the outcome over one assumption, a dot a set, and the mean of each fifth. */
export function cloud(found, name, { scale }) {
  const { outcome, values, curves } = found.points;
  const [across, up] = [ends(values[name]), ends(outcome)];
  const [x, y] = [along(across, LEFT + 6, WIDTH - RIGHT - 6), along(up, HEIGHT - BOTTOM, TOP)];
  const dots = outcome.map((v, k) => svg('circle', { class: 'dot s0', cx: x(values[name][k]).toFixed(1), cy: y(v).toFixed(1), r: 1.8 }));
  const line = curves[name].map(([a, b]) => `${x(a).toFixed(1)} ${y(b).toFixed(1)}`);
  const swing = found.swings.find((row) => row.name === name);
  const said = `From its low to its high end: ${short(swing.swing * scale)}, interval ${short(swing.low * scale)} to ${short(swing.high * scale)}`;
  return framed(spelled(name), said, [...axes(x, y, across, up, scale), ...dots, svg('path', { class: 'line s1', d: `M${line.join('L')}` })], [WIDTH, HEIGHT]);
}

/** Return where a dot goes whose place is taken: round it, as seeds of a sunflower. */
function beside(met, place) {
  const rank = met.get(place) || 0;
  met.set(place, rank + 1);
  const [radius, angle] = [2.6 * Math.sqrt(rank), rank * 2.39996];
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}

/** Return where a choice wins and where it loses, over the two that move it most. */
export function decision(found, one, two) {
  const { outcome, values } = found.points;
  const [across, up] = [ends(values[one]), ends(values[two])];
  const [x, y] = [along(across, LEFT + 6, WIDTH - RIGHT - 6), along(up, HEIGHT - BOTTOM - 4, TOP + 4)];
  const met = new Map();
  const dots = outcome.map((v, k) => {
    const [across, up] = [x(values[one][k]), y(values[two][k])];
    const [dx, dy] = beside(met, `${across.toFixed(0)}/${up.toFixed(0)}`);
    return svg('circle', { class: `dot ${v > 0 ? 's1' : 's2'}`, cx: (across + dx).toFixed(1), cy: (up + dy).toFixed(1), r: 2.4 });
  });
  const won = outcome.filter((v) => v > 0).length;
  return framed(`Where it wins (blue) and loses (orange): ${spelled(two)} over ${spelled(one)}`,
    `It wins in ${won} of ${outcome.length} sets of assumptions`, [...axes(x, y, across, up), ...dots], [WIDTH, HEIGHT]);
}

/** Return which pairs matter together beyond what each does alone. */
export function interactions(found) {
  const names = [...new Set(found.interactions.flatMap((row) => [row.name, row.other]))].slice(0, 10);
  const most = Math.max(...found.interactions.map((row) => row.value), 0.01);
  const left = 150, bottom = 14 + SQUARE * names.length;
  const shapes = names.flatMap((name, k) => [
    svg('text', { class: 'tick', x: left - 8, y: 14 + SQUARE * (k + 0.6), 'text-anchor': 'end' }, spelled(name)),
    svg('text', { class: 'tick', x: left + SQUARE * (k + 0.5), y: bottom + 14, 'text-anchor': 'end', transform: `rotate(-35 ${left + SQUARE * (k + 0.5)} ${bottom + 14})` }, spelled(name)),
  ]);
  for (const { name, other, value, low } of found.interactions) {
    const [a, b] = [names.indexOf(name), names.indexOf(other)];
    if (a < 0 || b < 0) continue;
    const side = SQUARE * 0.9 * Math.sqrt(Math.max(0, value) / most);
    const place = (column, row) => svg('rect', { class: `cell s3 ${low > 0 ? 'sure' : 'pale'}`, x: left + SQUARE * (column + 0.5) - side / 2, y: 14 + SQUARE * (row + 0.5) - side / 2, width: side, height: side });
    shapes.push(place(a, b), place(b, a));
  }
  const strong = found.interactions.filter((row) => row.low > 0).map((row) => `${spelled(row.name)} with ${spelled(row.other)}, ${Math.round(100 * row.value)} of 100`);
  return framed('What matters together, beyond what each does alone (pale: can be luck)', strong.join('. ') || 'No pair can be told from luck', shapes, [Math.max(560, left + SQUARE * names.length), bottom + 110]);
}
