// The little that building a page takes.

export const byId = (id) => document.getElementById(id);

/** Return an element: a tag, its attributes, its children (nodes or texts). */
export function h(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

const SVG = 'http://www.w3.org/2000/svg';

/** Return an SVG element. */
export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, '');
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child != null && child !== false));
  return node;
}

/** Say a fault at the top of the page, in one line; nothing hides it. */
function notify(line) {
  const place = byId('notice');
  place.textContent = line;
  place.hidden = !line;
}

/** Return a function that says what goes wrong in another one. */
export const told = (act) => async (...words) => {
  try {
    notify('');
    return await act(...words);
  } catch (error) {
    notify(error.message);
    return undefined;
  }
};

export const count = (n) => Math.round(n).toLocaleString('en');
export const points = (share) => String(Math.round(100 * share));
export const signed = (n, digits = 0) => {
  const text = Math.abs(n).toLocaleString('en', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return (/[1-9]/.test(text) ? (n > 0 ? '+' : '−') : '') + text;
};
