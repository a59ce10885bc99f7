// The plain sentences: what a week means, said as a person would.

import { count, points, signed } from './dom.js';

const ALIKE = 0.01;

/** Return what is true of the week shown, in one sentence. */
export function sentence(world) {
  const { here, twin, week } = world.frame;
  const n = here.numbers.active;
  if (week === 0) return `${count(n)} of ${count(world.session.customers)} people are customers of the firm.`;
  if (!world.hasTwin) {
    const change = n - world.frames[0].here.numbers.active;
    return `Week ${week}: ${count(n)} customers, ${difference(change)} than at the start.`;
  }
  const change = n - twin.numbers.active;
  return `Week ${week}: ${count(n)} customers, ${difference(change)} than without ${lacked(world)}.`;
}

/** Return what the twin lacks, as part of a sentence. */
export function lacked({ session, levers, shocks }) {
  if (session.twin === 'levers') return levers.length > 1 ? 'its levers' : 'the lever';
  return shocks.length > 1 ? 'the shocks' : `the ${shocks[0]?.name ?? 'shock'}`;
}

const difference = (change) => {
  if (Math.abs(change) < 0.5) return 'no more and no fewer';
  return `${count(Math.abs(change))}\u00a0${change > 0 ? 'more' : 'fewer'}`;
};

/** Return the second sentence: what the numbers on the screen hide. */
export function beneath(world) {
  const { here, week } = world.frame;
  const { perception, perception_ever: ever, true_nps: truth, measured_nps: survey } = here.numbers;
  if (week === 0) return `Each dot is a person; lines join those who know each other.${past(world)} Say what will happen, then press Play.`;
  const said = world.hasTwin ? [trust(world.frame)] : [];
  said.push(`Those still here rate the firm ${points(perception)} of 100, all who ever were ${points(ever)}.`);
  if (Number.isFinite(survey)) {
    said.push(`Its survey shows a score (NPS) of ${signed(survey)}; the truth is ${signed(truth)}.`);
  }
  return said.join(' ');
}

/** Return why some have left already; nothing where nobody has. */
function past({ frame: { here }, session: { warmup_weeks: before } }) {
  const { lost } = here.numbers;
  if (!lost || !before) return '';
  return ` ${count(lost)} (hollow) left before week 0: ${before} weeks are lived first, so that the market has a past.`;
}

function trust({ here, twin }) {
  const change = Math.round(1000 * (here.numbers.trust - twin.numbers.trust)) / 10;
  const than = Math.abs(change) < 0.05 ? 'as without' : `${Math.abs(change)} ${change > 0 ? 'more' : 'less'} than without`;
  return `They trust it ${points(here.numbers.trust)} of 100, ${than}.`;
}

/** Return the question to predict on. */
export function question(world) {
  const { weeks } = world.session;
  const years = weeks / 52;
  const when = Number.isInteger(years) ? `In ${years === 1 ? 'a year' : `${['', '', 'two', 'three', 'four'][years] || years} years`}` : `In ${weeks} weeks`;
  return world.hasTwin
    ? `${when}, how many customers, compared with the firm without ${world.session.twin === 'levers' ? 'this' : lacked(world)}?`
    : `${when}, how many customers compared with today?`;
}

/** Return how a prediction (-1, 0, 1) stands beside what came; "" before the start. */
export function verdict(world, guess) {
  const { here, twin, week } = world.frame;
  if (week === 0) return '';
  const against = world.hasTwin ? twin.numbers.active : world.frames[0].here.numbers.active;
  const change = here.numbers.active - against;
  const came = Math.abs(change) <= ALIKE * against ? 0 : Math.sign(change);
  const word = ['fewer', 'about as many', 'more'];
  const when = world.isOver ? 'In the end' : `By week ${week}`;
  const right = came === guess ? 'as you said' : `you said ${word[guess + 1]}`;
  return `${when}: ${word[came + 1]} (${signed(change)}), ${right}. This is one world; Compare plays many.`;
}

/** Return how far a sketched curve was from what came. */
export const beside = (miss) => `Your curve was ${miss < 0.5 ? 'right on it' : `${count(miss)} ${Math.round(miss) === 1 ? 'customer' : 'customers'} off`} on average.`;

/** Return the words for a lever's name: "follow_up" is "Follow up". */
export const named = (key) => {
  const words = key.replaceAll('_', ' ');
  return words[0].toUpperCase() + words.slice(1);
};

/** Return what a number of a lever says beside its slider. */
export function quantity(value, unit, currency) {
  if (unit.startsWith('share')) return `${+(100 * value).toFixed(1)} %${unit.slice(5)}`;
  if (unit.startsWith('money')) return `${+value.toFixed(2)} ${currency}${unit.slice(5)}`;
  return `${+value.toFixed(2)} ${value === 1 ? unit.replace(/^weeks\b/, 'week') : unit}`;
}

/** Return a path as words: "leaving.hazard_max" is "leaving: hazard max". */
export const spelled = (path) => path.replaceAll('_', ' ').replace(/^levers\./, '').replace('.', ': ').replaceAll('.', ', ');

/** What outcomes are called, where their names alone would not say. */
const OUTCOMES = {
  active: 'customers at the end', retention: 'customers kept from the start', churn: 'customers who leave in a year',
  true_nps: 'true score', measured_nps: 'score in the survey', rating: 'public rating', lever_cost: 'cost of levers', npv: 'net present value',
};

/** Return what an outcome is called. */
export const outcome = (name) => OUTCOMES[name] || name.replaceAll('_', ' ');

/** Return the first sentence of an answer, and the others. */
export function halves(text) {
  const end = text.search(/[.] [A-Z0-9“]/);
  return end < 0 ? [text, ''] : [text.slice(0, end + 1), text.slice(end + 2)];
}
