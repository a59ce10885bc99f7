// One colour, one meaning: how a customer sees the firm, and whose fate differs between
// two worlds. All else is grey.

const STOPS = {
  light: [[0, '#8f1d0c'], [0.3, '#c8451b'], [0.5, '#eda36f'], [0.62, '#d8d3c6'], [0.75, '#84b3d8'], [0.87, '#2f78b7'], [1, '#0b3c78']],
  dark: [[0, '#ff4a2a'], [0.3, '#f2693a'], [0.5, '#c98a5e'], [0.62, '#6f7178'], [0.75, '#4d8fc4'], [0.87, '#69b4f0'], [1, '#b5e0ff']],
};

const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

function mixed(stops, share) {
  const above = Math.max(1, stops.findIndex(([at]) => at >= share));
  const [[low, from], [high, to]] = [stops[above - 1], stops[above]];
  const part = (share - low) / (high - low);
  const [a, b] = [channels(from), channels(to)];
  return a.map((x, k) => Math.round(x + (b[k] - x) * part));
}

/** Return red, green, blue of a perception byte, 0 to `full`, one after the other. */
export function ramp(theme, full) {
  const colours = new Uint8Array(3 * (full + 1));
  for (let byte = 0; byte <= full; byte += 1) colours.set(mixed(STOPS[theme], byte / full), 3 * byte);
  return colours;
}

/** Return the same as a CSS gradient, for the legend. */
export const gradient = (theme) =>
  `linear-gradient(to right, ${STOPS[theme].map(([at, hex]) => `${hex} ${100 * at}%`).join(', ')})`;

export const GREYS = {
  light: { ground: '#fdfcfa', ink: '#1d1c1a', quiet: '#5f5b54', faint: '#cfcabf', fate: '#a0257c' },
  dark: { ground: '#15181c', ink: '#f1efe9', quiet: '#a9a69e', faint: '#3c4148', fate: '#ff9be0' },
};

export const rgb = channels;
