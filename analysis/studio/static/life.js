// One life, week by week, in words, beside the same person's in the twin world.

import { marked } from './chart.js';
import { h, svg, told } from './dom.js';
import { hearsay } from './hearsay.js';

const [WIDTH, HEIGHT, LEFT] = [320, 74, 26];
/** What turns a life. */
const TURNS = ['joined', 'left', 'rejected'];

/** Return the panel of a life, {row, worlds: [here, twin]}; `act` is what it can do. */
export function panel({ row, worlds: [here, twin] }, act) {
  const { isAlone, marks, back, close, goBack, turnTo } = act;
  const turn = here.chapters.findLast(({ events: some }) => some.some(({ kind }) => TURNS.includes(kind)));
  const known = here.degree === 1 ? 'one person' : `${here.degree} people`;
  return [
    h('header', {},
      h('h2', { id: 'life-title', tabindex: '-1' }, `Customer ${here.customer}`),
      back ? h('button', { type: 'button', id: 'life-back', onclick: told(goBack) }, `Back to ${back.name}`) : null,
      h('button', { type: 'button', id: 'life-close', 'aria-label': 'Close the story', onclick: close }, '×')),
    h('p', { class: 'about' }, `${here.segment}, knows ${known}`),
    h('p', { class: 'fate' }, h('b', {}, 'Here: '), here.fate),
    isAlone ? null : h('p', { class: 'fate twin' }, h('b', {}, 'In the twin: '), twin.fate),
    turn ? h('p', {}, h('button', { type: 'button', class: 'show-way', id: 'life-turn', onclick: () => turnTo(turn.week) }, `Read week ${turn.week}`)) : null,
    curve(here, isAlone ? null : twin, marks),
    h('ol', { class: 'weeks', tabindex: '0', 'aria-label': 'Week by week' }, ...weeks({ row, name: here.customer }, here, isAlone ? null : twin, act)),
  ];
}

/** Return all that happened in a week as one text, by which two worlds are compared. */
const inWords = ({ events }) => JSON.stringify(events.map(({ text, messages }) => [text, messages]));
const NOTHING = inWords({ events: [] });

function weeks(self, here, twin, act) {
  const found = here.chapters.flatMap((chapter, k) => {
    const mine = inWords(chapter);
    const other = twin ? inWords(twin.chapters[k]) : mine;
    if (mine === NOTHING && other === NOTHING) return [];
    const week = h('span', { class: 'when' }, `Week ${chapter.week}`);
    const about = { 'data-week': chapter.week };
    const say = (one, world) => (one.events.length ? events(one, { self, world, week: one.week }, act) : 'nothing.');
    if (mine === other) return [h('li', about, week, h('div', {}, say(chapter, 'here')))];
    return [h('li', { ...about, class: 'differs' }, week,
      h('div', {}, h('b', {}, 'Here: '), say(chapter, 'here')),
      h('div', { class: 'twin' }, h('b', {}, 'Twin: '), say(twin.chapters[k], 'twin')))];
  });
  return found.length ? found : [h('li', {}, h('p', {}, 'Nothing has happened yet.'))];
}

const events = (chapter, where, act) => chapter.events.flatMap((event) => [
  h('span', { class: `event ${event.kind.replace(' ', '-')}` }, `${event.text} `), hearsay(event, where, act)].flat());

function curve(here, twin, marks) {
  const lived = here.chapters.length;
  const above = marks.some(({ from }) => from < lived) ? 12 : 0;
  const x = (k) => (WIDTH * k) / Math.max(1, lived);
  const line = (life, kind) => {
    const values = [life.start, ...life.chapters.map((c) => c.perception)];
    const d = values.map((v, k) => `${k ? 'L' : 'M'}${x(k).toFixed(1)} ${(HEIGHT * (1 - v)).toFixed(1)}`);
    return svg('path', { class: `line ${kind}`, d: d.join('') });
  };
  const span = lived ? `, at the end of weeks 0 to ${here.chapters.at(-1).week}` : '';
  const end = here.chapters.at(-1)?.perception ?? here.start;
  return h('figure', { class: 'curve' },
    h('figcaption', {}, `Perception, 0 to 100${span}${twin ? '; grey: in the twin' : ''}`),
    svg('svg', { viewBox: `${-LEFT} ${-6 - above} ${WIDTH + LEFT + 2} ${HEIGHT + 12 + above}`, role: 'img',
      'aria-label': `Perception, from ${Math.round(100 * here.start)} to ${Math.round(100 * end)} of 100` },
    ...[0, 0.5, 1].flatMap((v) => {
      const y = HEIGHT * (1 - v);
      return [svg('line', { class: 'rule', x1: 0, x2: WIDTH, y1: y, y2: y }),
        svg('text', { class: 'tick', x: -5, y: y + 3.5, 'text-anchor': 'end' }, `${100 * v}`)];
    }),
    ...marked(marks, x, lived, [0, HEIGHT]),
    twin ? line(twin, 'twin') : '', line(here, 'here')));
}
