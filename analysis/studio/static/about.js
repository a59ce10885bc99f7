// Trust on one click: version, how it is computed, what it cannot say.

import { h } from './dom.js';

export function about(dialog, catalogue) {
  const address = h('input', { type: 'text', readonly: true, id: 'about-address', 'aria-label': 'The address of what you see' });
  dialog.addEventListener('toggle', () => { address.value = location.href; });
  dialog.replaceChildren(
    h('h2', { id: 'about-title' }, 'What you are looking at'),
    h('p', {}, 'A simulated market. Each dot is a person who meets the firm, judges it against what was promised, trusts it more or less, talks, leaves, and may come back. Two people are joined if they know each other.'),
    h('p', {}, 'Whatever the firm does is called a lever. The twin is the same people with the same luck, lived without the levers, or without the scandal or outage that befell it: what differs was caused by them. One world is one roll of the dice; Compare plays many and says how sure the answer is.'),
    h('p', {}, 'It compares, it does not forecast. Many of its numbers are assumptions, and say so: hold the pointer over a lever’s slider, or ask ', h('code', {}, 'groundswell describe parameter NAME'), '.'),
    h('p', {}, `Groundswell ${catalogue.version}. The address holds scenario, seed, size, week and every change you made: opened again, it shows the same world. On another computer, start a studio there and put what follows the # behind its address.`),
    address,
    h('h3', {}, 'Keys'),
    h('dl', { class: 'keys' }, ...[
      ['Space', 'play and pause'], ['← →', 'one week back and on'], ['r', 'reset'], ['p', 'pin the run'],
      ['t', 'twin worlds'], ['c', 'take to Compare'], ['f', 'projector'], ['Esc', 'close a story'],
    ].flatMap(([key, text]) => [h('dt', {}, h('kbd', {}, key)), h('dd', {}, text)])),
    h('form', { method: 'dialog' }, h('button', { class: 'primary' }, 'Close')));
}
