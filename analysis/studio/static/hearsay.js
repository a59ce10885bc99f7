// Who told whom: people as links, and the way of a story from its first teller.

import { h, told } from './dom.js';

/** Return the people of an event as links, and the way its story came; or nothing. */
export function hearsay({ kind, messages }, { week, self, world }, act) {
  if (!messages.length) return null;
  const isOwn = kind === 'told';
  const [believed, not] = [messages.filter((m) => m.is_believed), messages.filter((m) => !m.is_believed)];
  const links = (some) => some.flatMap(({ row, name }, k) => [k ? ', ' : '', person(row, name, week, act)]);
  const part = (some, words) => (some.length ? h('span', {}, `${isOwn ? 'To ' : 'From '}`, links(some), words) : null);
  const who = h('div', { class: 'people' }, ...(isOwn
    ? [part(believed, ', who believed it. '), part(not, believed.length ? ', who did not.' : ', who did not believe it.')]
    : [part(believed, ', believed. '), part(not, ', not believed.')]));
  const ways = (isOwn ? messages.slice(0, 1) : messages).filter(({ path }) => path.length > 1);
  return [who, ...ways.map(({ path }) => way(isOwn ? path : [...path, { ...self, week }], self, world, act))];
}

const person = (row, name, week, act) => h('button', {
  type: 'button', class: 'person', 'data-row': row, title: `The life of customer ${name}`, onclick: told(() => act.meet(row, week)),
}, name);

/** Return the chain of tellers, and what draws it into the network. */
function way(path, self, world, act) {
  const step = ({ row, name, week: at }) => h('li', {},
    row < 0 ? name : row === self.row ? h('b', {}, name) : person(row, name, at, act), h('span', { class: 'when' }, at < 0 ? 'before week 0' : `week ${at}`));
  const rows = path.map(({ row }) => row).filter((row) => row >= 0);
  const show = h('button', { type: 'button', class: 'show-way', 'aria-pressed': 'false', onclick: () => {
    const isOn = act.show(world, rows);
    for (const other of document.querySelectorAll('.show-way')) other.setAttribute('aria-pressed', 'false');
    show.setAttribute('aria-pressed', `${isOn}`);
  } }, 'Show its way');
  const first = path[0].row < 0 ? 'It was in the news first' : 'Who lived it, then who passed it on';
  return h('div', { class: 'way' }, h('span', {}, `${first}: `),
    h('ol', { 'aria-label': 'The way of the story' }, ...path.map(step)), show);
}
