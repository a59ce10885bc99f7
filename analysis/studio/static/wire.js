// What goes over the wire: requests, their faults, and frames of bytes.

async function ask(path, options = {}) {
  let response;
  try {
    response = await fetch(`/api/${path}`, options);
  } catch {
    throw new Error('The server does not answer; start groundswell studio again.');
  }
  if (response.ok) return response;
  const told = await response.json().catch(() => ({}));
  throw new Error(told.error || `The server said ${response.status}.`);
}

const post = (path, body) =>
  ask(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });

const json = async (response) => (await response).json();

export const catalogue = () => json(ask('catalogue'));
export const drop = (name, text) => json(post('scenarios', { name, text }));
export const open = (wish) => json(post('sessions', wish));
export const life = (id, row) => json(post(`sessions/${id}/life`, { row }));
export const take = (id, wish) => json(post(`sessions/${id}/take`, wish));
export const weekly = async (id) => (await ask(`jobs/${id}/weekly`)).text();
export const beginJob = (wish) => json(post('jobs', wish));
export const job = (id) => json(ask(`jobs/${id}`));
export const jobResult = (id) => json(ask(`jobs/${id}/result`));
export const cancelJob = (id) => json(post(`jobs/${id}/cancel`, {}));
export const factors = (scenario) => json(post('factors', { scenario }));
export const differences = (base, others, customers) => json(post('differences', { base, others, customers }));
export const prices = (id, prices) => json(post(`jobs/${id}/prices`, { prices }));
export const close = (id) => ask(`sessions/${id}`, { method: 'DELETE' });

/** Return where people stand and their ties. */
export async function layout(id) {
  return placed(await (await ask(`sessions/${id}/layout`)).arrayBuffer());
}

function placed(bytes) {
  const [people, ties] = new Uint32Array(bytes, 0, 2);
  return {
    points: new Float32Array(bytes, 8, 2 * people),
    ties: new Uint32Array(bytes, 8 + 8 * people, 2 * ties),
    length: 8 + 8 * people + 8 * ties,
  };
}

/** Return how a session will begin, {session, network, frames}, if it is known already. */
export async function opening(wish) {
  const bytes = await (await post('opening', wish)).arrayBuffer();
  if (!bytes.byteLength) return null;
  const head = 4 + new Uint32Array(bytes.slice(0, 4))[0];
  const session = JSON.parse(new TextDecoder().decode(bytes.slice(4, head)));
  const network = placed(bytes.slice(head));
  return { session, network, frames: decode(bytes.slice(head + network.length), session) };
}

/** Live some weeks, under other levers if given; return a frame for each. */
export async function step(session, steps, levers) {
  const wish = levers ? { steps, levers } : { steps };
  const response = await post(`sessions/${session.id}/step`, wish);
  return decode(await response.arrayBuffer(), session);
}

/** Return frames: {week, here, twin}, each world with numbers, perception and seen. */
function decode(bytes, { customers, numbers }) {
  const head = 8 * (1 + numbers.length);
  const size = head + 2 * customers;
  const world = (start) => {
    const values = new Float64Array(bytes.slice(start, start + head));
    const named = {};
    numbers.forEach((name, place) => { named[name] = values[place + 1]; });
    return {
      week: values[0],
      numbers: named,
      perception: new Uint8Array(bytes, start + head, customers),
      seen: new Uint8Array(bytes, start + head + customers, customers),
    };
  };
  const frames = [];
  for (let start = 0; start < bytes.byteLength; start += 2 * size) {
    const here = world(start);
    frames.push({ week: here.week, here, twin: world(start + size) });
  }
  return frames;
}
