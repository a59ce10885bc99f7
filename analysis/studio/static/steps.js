// The five steps of the lesson. No answer is written here: each is read off the weeks
// that were played.

import { count, points, signed } from './dom.js';

const YEAR = 52;
const sum = (frames, world, name) => frames.reduce((total, f) => total + (f[world].numbers[name] || 0), 0);
const three = (change, least) => (change < -least ? 0 : change > least ? 2 : 1);

async function gap({ world, begin, play }) {
  await begin({ scenario: 'overselling' });
  await play(YEAR);
  const { here, twin } = world.frame;
  const change = here.numbers.trust - twin.numbers.trust;
  return {
    came: three(change, 0.005),
    words: `The service is the same in both worlds. Trust is ${points(here.numbers.trust)} of 100 here and ${points(twin.numbers.trust)} in the twin: each time more was promised than was got, the gap was felt. Meet the first who left, and read how a gap sounds.`,
  };
}

async function lens({ world, begin, play }) {
  await begin({ scenario: 'overselling' });
  await play(2 * YEAR);
  const late = world.frames.slice(-YEAR);
  const bad = (which) => {
    const [good, ill] = ['believed_positive', 'believed_negative'].map((name) => sum(late, which, name));
    return ill / (good + ill);
  };
  const [here, twin] = [bad('here'), bad('twin')];
  return {
    came: three(here - twin, 0.01),
    words: `Of all stories believed in the second year, ${points(here)} in 100 were bad, against ${points(twin)} in the twin. Trust is a lens: people who distrust a firm let bad news in and keep good news out.`,
  };
}

async function rumour({ world, begin, forward, play, pin, unpin }) {
  unpin();
  await begin({ scenario: 'baseline' });
  await forward(2 * YEAR);
  const talking = world.frame.here.numbers.active;
  pin();
  await begin({ overrides: ['word_of_mouth.reach=0', 'word_of_mouth.reach_negative=0'] });
  await play(2 * YEAR);
  const silent = world.frame.here.numbers.active;
  return {
    came: three(silent - talking, 0.01 * talking),
    words: `Where nobody tells anybody there are ${count(silent)} customers after two years; where they talk (the grey line) ${count(talking)}. A rumour works both ways: it warns customers, and it is how prospects hear of the firm at all.`,
  };
}

async function survey({ world, begin, play }) {
  await begin({ scenario: 'closed_loop' });
  await play(YEAR);
  const weeks = world.frames.slice(1);
  const below = (name) => weeks.filter((f) => f.here.numbers[name] < 20).length;
  const acted = below('measured_nps');
  const { true_nps: truth, measured_nps: shown } = world.frame.here.numbers;
  return {
    came: acted === 0 ? 2 : acted > weeks.length / 2 ? 0 : 1,
    words: `The true score was below 20 in ${below('true_nps')} of ${weeks.length} weeks, the survey's in ${acted}. Now the survey says ${signed(shown)} and the truth is ${signed(truth)}: only some answer, the contented more often, and politely. Who steers by the survey sleeps well.`,
  };
}

async function budget({ world, begin, forward }) {
  const found = [];
  for (const [scenario, name] of [['follow_up', 'calls'], ['break_silos', 'silos'], ['service_improvement', 'service']]) {
    await begin({ scenario });
    await forward(2 * YEAR);
    const gain = sum(world.frames.slice(1), 'here', 'profit') - sum(world.frames.slice(1), 'twin', 'profit');
    const { here, twin } = world.frame;
    found.push({ name, gain, kept: here.numbers.active - twin.numbers.active, cost: sum(world.frames.slice(1), 'here', 'cost_levers') });
  }
  const best = found.reduce((a, b) => (b.gain > a.gain ? b : a));
  const line = ({ name, gain, kept, cost }) => `${name}: ${signed(kept)} customers for ${count(cost)} ${world.session.currency}, profit ${signed(gain)}`;
  return {
    came: found.indexOf(best),
    words: `${found.map(line).join('; ')}. That is one world of each. Now press Compare: is it luck? And try your own mix under Add a lever.`,
  };
}

export const STEPS = [
  {
    title: 'What is a gap?', scenario: 'overselling', show: gap,
    text: 'People judge what they get by what they were led to expect. Here the service stays as it is; only advertising promises more, from week 8 on.',
    question: 'After a year, how much do customers trust the firm, compared with the twin?',
    options: ['Less', 'About the same', 'More'],
  },
  {
    title: 'The trust lens', scenario: 'overselling', show: lens,
    text: 'The same firm, a second year. Now customers tell each other, good and bad stories. Not all are believed.',
    question: 'Of the stories people believe, how many are bad, compared with the twin?',
    options: ['Fewer', 'About as many', 'More'],
  },
  {
    title: 'A rumour', scenario: 'baseline', show: rumour,
    text: 'Imagine the same market where nobody ever tells anybody anything.',
    question: 'After two years, would this firm have fewer or more customers in the silent world?',
    options: ['Fewer', 'About as many', 'More'],
  },
  {
    title: 'The firm that believes its survey', scenario: 'closed_loop', show: survey,
    text: 'This firm repairs what goes wrong, fast and well, but only while the score of its own survey is below 20.',
    question: 'In how many weeks of the first year does it act?',
    options: ['Most', 'Some', 'None'],
  },
  {
    title: 'What would you do with this budget?', scenario: 'baseline', show: budget,
    text: 'Calling back whoever had a bad experience, letting departments see the whole journey, or better service after the sale.',
    question: 'Which leaves most profit after two years?',
    options: ['Calls', 'Silos', 'Service'],
  },
];
