// One life, week by week, in words, beside the same person's in the twin world.

import { h, svg } from './dom.js';

const [WIDTH, HEIGHT] = [320, 74];

/** Return the panel of a life, {worlds: [here, twin]}. */
export function panel({ worlds: [here, twin] }, isAlone, close) {
  const ties = here.degree === 1 ? 'one tie' : `${here.degree} ties`;
  return [
    h('header', {},
      h('h2', { id: 'life-title', tabindex: '-1' }, `Customer ${here.customer}`),
      h('button', { type: 'button', id: 'life-close', 'aria-label': 'Close the story', onclick: close }, '×')),
    h('p', { class: 'about' }, `${here.segment}, ${ties}`),
    h('p', { class: 'fate' }, h('b', {}, 'Here: '), here.fate),
    isAlone ? null : h('p', { class: 'fate twin' }, h('b', {}, 'In the twin: '), twin.fate),
    curve(here, isAlone ? null : twin),
    h('ol', { class: 'weeks', tabindex: '0', 'aria-label': 'Week by week' }, ...weeks(here, isAlone ? null : twin)),
  ];
}

const told = (chapter) => chapter.events.map((event) => event.text).join(' ');

function weeks(here, twin) {
  const found = here.chapters.flatMap((chapter, k) => {
    const mine = told(chapter);
    const other = twin ? told(twin.chapters[k]) : mine;
    if (!mine && !other) return [];
    const week = h('span', { class: 'when' }, `Week ${chapter.week}`);
    if (mine === other) return [h('li', {}, week, h('p', {}, marked(chapter)))];
    return [h('li', { class: 'differs' }, week,
      h('p', {}, h('b', {}, 'Here: '), mine ? marked(chapter) : 'nothing.'),
      h('p', { class: 'twin' }, h('b', {}, 'Twin: '), other || 'nothing.'))];
  });
  return found.length ? found : [h('li', {}, h('p', {}, 'Nothing has happened yet.'))];
}

const marked = (chapter) => chapter.events.map((event) =>
  h('span', { class: `event ${event.kind.replace(' ', '-')}` }, `${event.text} `));

function curve(here, twin) {
  const line = (life, kind) => {
    const values = [life.start, ...life.chapters.map((c) => c.perception)];
    const x = (k) => (WIDTH * k) / Math.max(1, values.length - 1);
    const d = values.map((v, k) => `${k ? 'L' : 'M'}${x(k).toFixed(1)} ${(HEIGHT * (1 - v)).toFixed(1)}`);
    return svg('path', { class: `line ${kind}`, d: d.join('') });
  };
  const end = here.chapters.at(-1)?.perception ?? here.start;
  return h('figure', { class: 'curve' },
    h('figcaption', {}, 'Perception of the firm, 0 to 100'),
    svg('svg', { viewBox: `-2 -3 ${WIDTH + 4} ${HEIGHT + 6}`, role: 'img',
      'aria-label': `Perception, from ${Math.round(100 * here.start)} to ${Math.round(100 * end)} of 100` },
    svg('line', { class: 'rule', x1: 0, x2: WIDTH, y1: HEIGHT * 0.4, y2: HEIGHT * 0.4 }),
    twin ? line(twin, 'twin') : '', line(here, 'here')));
}
