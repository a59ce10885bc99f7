// What the picture means: one colour one meaning, the rest grey.

import { h, svg } from './dom.js';

const mark = (...shapes) => svg('svg', { viewBox: '0 0 20 16', 'aria-hidden': 'true' }, ...shapes);
const circle = (r, cls, width = 1.6) => svg('circle', { cx: 10, cy: 8, r, class: cls, 'stroke-width': width });

/** Return the entries; `isTwin` adds what marks a differing fate. */
export function legend(isTwin) {
  const entry = (picture, text, title) => h('span', { title }, picture, text);
  return [
    h('span', {}, 'thinks badly of the firm', h('span', { class: 'ramp', 'aria-hidden': 'true' }), 'well'),
    entry(mark(circle(4.5, 'grey')), 'has left', 'Before week 0, while the market was lived in, or since'),
    entry(mark(circle(2, 'small', 0)), 'never came', 'A prospect to this day or, under the rule of signals, one who decided against the firm'),
    entry(mark(svg('line', { x1: 2, x2: 18, y1: 8, y2: 8, class: 'ink', 'stroke-width': 1.8 })), 'told, and believed'),
    entry(mark(circle(6, 'ink', 1.4)), 'posted a review'),
    ...(isTwin ? [entry(mark(circle(6.5, 'fate', 3)), 'a customer in one world only')] : []),
  ];
}
