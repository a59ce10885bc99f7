// The whole state in the address, so that a demonstration can be sent and repeated.

const number = (text, otherwise) => {
  const value = Number(text);
  return text !== null && text !== '' && Number.isFinite(value) ? value : otherwise;
};

/** Return what the address asks for. */
export function read(hash = location.hash) {
  const words = new URLSearchParams(hash.replace(/^#/, ''));
  return {
    view: words.get('view') || 'live',
    scenario: words.get('scenario') || 'baseline',
    seed: number(words.get('seed'), 1),
    customers: number(words.get('customers'), 2000),
    week: number(words.get('week'), 0),
    twin: words.get('twin') === '1',
    lacking: words.get('without') || '',
    lesson: number(words.get('lesson'), 0),
    overrides: words.getAll('set'),
    changes: decoded(words.get('changes') || ''),
    base: words.get('base') || 'baseline',
    others: (words.get('others') || 'follow_up').split(',').filter(Boolean),
    pairs: number(words.get('pairs'), 30),
    of: words.get('of') || 'follow_up',
    against: words.get('against') ?? 'baseline',
    outcome: words.get('outcome') || 'active',
    method: words.get('method') || 'morris',
    budget: number(words.get('budget'), 2000),
    people: number(words.get('people'), 500),
    vary: (words.get('vary') || '').split(',').filter(Boolean),
  };
}

/** Put a state into the address, without a step in the browser's history. */
export function write(state) {
  const words = new URLSearchParams();
  const put = (key, value, usual) => {
    if (value !== usual && value !== '') words.set(key, value);
  };
  put('view', state.view, 'live');
  put('scenario', state.scenario, 'none');
  put('seed', state.seed, 1);
  put('customers', state.customers, 2000);
  put('week', state.week, 0);
  put('twin', state.twin ? '1' : '', '');
  put('without', state.lacking || '', '');
  put('lesson', state.lesson, 0);
  put('changes', encoded(state.changes), '');
  for (const each of state.overrides) words.append('set', each);
  if (state.view === 'compare') {
    const { base, others, pairs } = state.compare;
    put('base', base, 'baseline');
    put('others', others.join(','), '');
    put('pairs', pairs, 30);
  }
  if (state.view === 'sensitivity') {
    const { of, against, outcome, method, budget, people, vary } = state.sensitivity;
    put('of', of, 'follow_up');
    if (against !== 'baseline') words.set('against', against);
    put('outcome', outcome, 'active');
    put('method', method, 'morris');
    put('budget', budget, 2000);
    put('people', people, 500);
    put('vary', vary.join(','), '');
  }
  history.replaceState(null, '', `#${words}`);
}

// A change is {week, row, key, value}, or {week, add: name}: "12~0~strength~0.5;14~+referral".

function encoded(changes) {
  return changes
    .map((c) => (c.add ? `${c.week}~+${c.add}` : `${c.week}~${c.row}~${c.key}~${c.value}`))
    .join(';');
}

function decoded(text) {
  const changes = [];
  for (const part of text.split(';').filter(Boolean)) {
    const [week, second, key, value] = part.split('~');
    if (second?.startsWith('+')) changes.push({ week: +week, add: second.slice(1) });
    else if (key) changes.push({ week: +week, row: +second, key, value: +value });
  }
  return changes.filter((c) => Number.isFinite(c.week) && (c.add || Number.isFinite(c.value)));
}
