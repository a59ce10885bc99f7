// The five steps of the lesson. No answer is written here: each is read off the weeks
// that were played.

import { count, signed } from './dom.js';
import { limits } from './firm.js';

const YEAR = 52;
// A promise so big that the gap is plain: the shipped one is a point of ten.
const OVERSOLD = { scenario: 'overselling', overrides: ['levers=[{overselling: {margin: 0.5, speed: 0.5, from_week: 8}}]'] };
const PAYING = [['follow_up', 'Calls'], ['break_silos', 'Silos'], ['service_improvement', 'Service']];
const tenths = (share) => (100 * share).toFixed(1);
const apart = (a, b) => `${(Math.abs(Math.round(1000 * (a - b))) / 10).toFixed(1)} ${a < b ? 'less' : 'more'}`;
const sum = (frames, world, name) => frames.reduce((total, f) => total + (f[world].numbers[name] || 0), 0);
const three = (change, least) => (change < -least ? 0 : change > least ? 2 : 1);

async function gap({ world, begin, play }) {
  await begin(OVERSOLD);
  await play(2 * YEAR);
  const { here, twin } = world.frame;
  const came = three(here.numbers.trust - twin.numbers.trust, 0.005);
  const moral = came === 0 ? ' Each time more was promised than was got, the gap was felt. Meet the first lost here, and read how a gap sounds.' : '';
  return {
    came,
    words: `The service is the same in both worlds. Trust is ${tenths(here.numbers.trust)} of 100 here, ${apart(here.numbers.trust, twin.numbers.trust)} than in the twin.${moral}`,
  };
}

async function lens({ world, begin, play }) {
  await begin(OVERSOLD);
  await play(2 * YEAR);
  const late = world.frames.slice(-YEAR);
  const bad = (which) => {
    const [good, ill] = ['believed_positive', 'believed_negative'].map((name) => sum(late, which, name));
    return ill / (good + ill);
  };
  const [here, twin] = [bad('here'), bad('twin')];
  const came = three(here - twin, 0.005);
  const moral = came === 2 ? ' Trust is a lens: people who distrust a firm let bad news in and keep good news out.' : '';
  return {
    came,
    words: `Of all stories believed in the second year, ${tenths(here)} in 100 were bad, against ${tenths(twin)} in the twin.${moral}`,
  };
}

async function silence({ world, begin, forward, play, pin, unpin }) {
  await unpin();
  await begin({ scenario: 'baseline' });
  await forward(2 * YEAR);
  const talking = world.frame.here.numbers.active;
  const before = world.frames[0].here.numbers.active;
  await pin('they talk');
  await begin({ title: 'Nobody talks', overrides: ['word_of_mouth.reach=0', 'word_of_mouth.reach_negative=0'] });
  await play(2 * YEAR);
  const silent = world.frame.here.numbers.active;
  const came = three(silent - talking, 0.01 * talking);
  const moral = came === 1 ? '' : ' Talk works both ways: it warns customers, and it is how prospects hear of the firm at all.';
  return {
    came,
    words: `Where nobody tells anybody there are ${count(silent)} customers after two years; where they talk (the grey line) ${count(talking)}. The silent firm began with ${count(world.frames[0].here.numbers.active)}, not ${count(before)}: nobody had talked before week 0 either.${moral}`,
  };
}

async function survey({ world, begin, play }) {
  await begin({ scenario: 'closed_loop' });
  await play(YEAR);
  const weeks = world.frames.slice(1);
  const { limit, acts } = limits(world, 'measured_nps');
  const below = (name) => weeks.filter((f) => f.here.numbers[name] < limit.at).length;
  const { true_nps: truth, measured_nps: shown } = world.frame.here.numbers;
  return {
    came: acts.length === 0 ? 2 : acts.length > weeks.length / 2 ? 0 : 1,
    words: `The firm acted in ${acts.length} of ${weeks.length} weeks. The true score was below ${limit.at} in ${below('true_nps')} of them, the survey’s in ${below('measured_nps')}. Now the survey says ${signed(shown)} and the truth is ${signed(truth)}: only some answer, the contented more often, and politely. Who steers by the survey sleeps well.`,
  };
}

async function pays({ world, begin, forward }) {
  const found = [];
  for (const [scenario, name] of PAYING) {
    await begin({ scenario });
    await forward(2 * YEAR);
    const gain = sum(world.frames.slice(1), 'here', 'profit') - sum(world.frames.slice(1), 'twin', 'profit');
    const { here, twin } = world.frame;
    found.push({ name, gain, kept: here.numbers.active - twin.numbers.active, cost: sum(world.frames.slice(1), 'here', 'cost_levers') });
  }
  const best = found.reduce((a, b) => (b.gain > a.gain ? b : a));
  const { currency } = world.session;
  const line = ({ name, gain, kept, cost }) => `${name}: ${signed(gain)} ${currency} (cost ${count(cost)}), ${signed(kept)} customers`;
  return {
    came: found.indexOf(best),
    words: `Profit, its cost taken off, beside the twin of each:\n${found.map(line).join('\n')}\n${best.gain > 0 ? '' : 'None of them earned its cost. '}That is one world of each, and later money counted in full: is it luck?`,
    more: { words: 'Compare the three in many worlds', base: 'baseline', others: PAYING.map(([scenario]) => scenario) },
  };
}

export const STEPS = [
  {
    title: 'What is a gap?', begin: OVERSOLD, hasTwin: true, show: gap,
    text: 'People judge what they get by what they were led to expect. Here the service stays as it is; only advertising promises more, from week 8 on, and soon perfection. Beside it lives its twin: the same people with the same luck, whose firm promises no more than before.',
    question: 'After two years, how much do customers trust the firm, compared with the twin?',
    options: ['Less', 'About the same', 'More'],
  },
  {
    title: 'The trust lens', begin: OVERSOLD, hasTwin: true, show: lens,
    text: 'The same firm. Now listen: customers tell each other good and bad stories. Not all are believed.',
    question: 'Of the stories believed in the second year, how many are bad, compared with the twin?',
    options: ['Fewer', 'About as many', 'More'],
  },
  {
    title: 'A market in which nobody talks', begin: { scenario: 'baseline' }, show: silence,
    text: 'Imagine the same market where nobody ever tells anybody anything.',
    question: 'After two years, would this firm have fewer or more customers in the silent world?',
    options: ['Fewer', 'About as many', 'More'],
  },
  {
    title: 'The firm that believes its survey', begin: { scenario: 'closed_loop' }, hasTwin: true, show: survey,
    text: 'This firm repairs what goes wrong, fast and well, but only while the score of its own survey is below 20.',
    question: 'In how many weeks of the first year does it act?',
    options: ['Most', 'Some', 'None'],
  },
  {
    title: 'Which of the three pays?', begin: { scenario: 'baseline' }, show: pays,
    text: 'Calling back whoever had a bad experience (4 EUR a call), letting departments see the whole journey (2,000 EUR once), or better service after the sale (0.5 EUR a customer and week).',
    question: 'Which leaves most profit after two years, its cost taken off?',
    options: PAYING.map(([, name]) => name),
  },
];
