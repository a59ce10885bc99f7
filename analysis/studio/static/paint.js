// Draws a network of people. Knows a canvas and bytes, nothing of the page around it:
// the report plays its weeks with the same file.
//
// Discs are written as pixels over a picture of the ties that is kept: ten thousand
// arcs on a canvas without a graphics card take ten times as long.

import { GREYS, ramp, rgb } from './palette.js';

// Bits of `Seen` in `simulation/scene.py`, those that are drawn.
const SEEN = { spoke: 1, reviewed: 2, believed: 16 };
const FEW = 5000;

/** Return how much of each pixel a disc, or a ring, of a radius covers. */
function stamp(radius, width = Infinity) {
  const reach = Math.ceil(radius + 0.5);
  const cells = [];
  for (let y = -reach; y <= reach; y += 1) {
    for (let x = -reach; x <= reach; x += 1) {
      const distance = Math.hypot(x, y);
      const inside = Math.max(0, Math.min(1, radius + 0.5 - distance));
      const hole = Math.max(0, Math.min(1, radius - width + 0.5 - distance));
      if (inside - hole > 0.04) cells.push(x, y, inside - hole);
    }
  }
  return cells;
}

/** Return from where to where points reach, along x (0) or y (1). */
function span(points, k) {
  let [low, high] = [-1e-6, 1e-6];
  for (let i = k; i < points.length; i += 2) [low, high] = [Math.min(low, points[i]), Math.max(high, points[i])];
  return [low, high];
}

export class Picture {
  constructor(canvas, bytes) {
    this.canvas = canvas;
    this.bytes = bytes;
    this.context = canvas.getContext('2d', { alpha: false, willReadFrequently: true });
  }

  /** Take in who is where; draw the ties once. */
  set(network, theme) {
    Object.assign(this, { network, theme, grey: GREYS[theme], colours: ramp(theme, this.bytes.full) });
    this.fit();
  }

  fit() {
    const scale = Math.min(devicePixelRatio || 1, 2);
    const width = Math.max(1, Math.round(this.canvas.clientWidth * scale));
    const height = Math.max(1, Math.round(this.canvas.clientHeight * scale));
    Object.assign(this.canvas, { width, height });
    if (!this.network) return;
    const { points } = this.network;
    const people = points.length / 2;
    const [[left, right], [top, bottom]] = [span(points, 0), span(points, 1)];
    const size = 0.94 * Math.min(width / (right - left), height / (bottom - top));
    this.radius = Math.max(1.2, Math.min(10, (0.68 * size) / Math.sqrt(people)));
    const place = (k, from, to, length) => Float32Array.from({ length: people }, (_, i) =>
      Math.round(length / 2 + size * (points[2 * i + k] - (from + to) / 2)));
    this.x = place(0, left, right, width);
    this.y = place(1, top, bottom, height);
    this.disc = stamp(this.radius);
    this.hollow = stamp(this.radius * 0.85, Math.max(0.9, this.radius * 0.28));
    this.dot = stamp(Math.max(0.7, this.radius * 0.4));
    this.ring = stamp(this.radius * 1.75, Math.max(1, this.radius * 0.34));
    this.halo = stamp(this.radius * 2.4, Math.max(1.6, this.radius * 0.6));
    this.#ground(width, height, people);
    this.image = this.context.createImageData(width, height);
  }

  #ground(width, height, people) {
    const { context, grey } = this;
    context.fillStyle = grey.ground;
    context.fillRect(0, 0, width, height);
    if (people <= FEW) {
      context.globalAlpha = this.theme === 'dark' ? 0.07 : 0.055;
      this.#lines(grey.quiet, 1, () => true);
      context.globalAlpha = 1;
    }
    this.base = context.getImageData(0, 0, width, height).data;
  }

  #lines(colour, width, isDrawn) {
    const { context, x, y, network: { ties } } = this;
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    for (let k = 0; k < ties.length; k += 2) {
      const a = ties[k], b = ties[k + 1];
      if (isDrawn(a, b)) {
        context.moveTo(x[a], y[a]);
        context.lineTo(x[b], y[b]);
      }
    }
    context.stroke();
  }

  /** Draw one week: who thinks what, who spoke to whom, who is marked or chosen. */
  draw({ perception, seen }, { marks = null, chosen = -1, way = [] } = {}) {
    if (!this.image) return;
    const { image, grey, bytes, colours } = this;
    image.data.set(this.base);
    const [ink, quiet, faint, fate] = [grey.ink, grey.quiet, grey.faint, grey.fate].map(rgb);
    for (let i = 0; i < perception.length; i += 1) {
      const byte = perception[i];
      if (byte === bytes.prospect) this.#put(this.dot, i, faint[0], faint[1], faint[2]);
      else if (byte === bytes.gone) this.#put(this.hollow, i, quiet[0], quiet[1], quiet[2]);
      else this.#put(this.disc, i, colours[3 * byte], colours[3 * byte + 1], colours[3 * byte + 2]);
    }
    for (let i = 0; i < perception.length; i += 1) {
      if (seen[i] & SEEN.reviewed) this.#put(this.ring, i, ...ink);
      if (marks && marks[i]) this.#put(this.halo, i, ...fate);
    }
    this.context.putImageData(image, 0, 0);
    const { spoke, believed } = SEEN;
    const passes = (a, b) => (seen[a] & spoke && seen[b] & believed) || (seen[b] & spoke && seen[a] & believed);
    this.context.globalAlpha = 0.55;
    this.#lines(grey.ink, Math.max(1, this.radius * 0.28), passes);
    this.context.globalAlpha = 1;
    if (way.length > 1) this.#lead(way);
    else if (chosen >= 0) this.#choose(chosen);
  }

  /** Draw the way of a story from one to the next, numbered; all others step back. */
  #lead(way) {
    const { context, grey, x, y } = this;
    Object.assign(context, { globalAlpha: 0.72, fillStyle: grey.ground });
    context.fillRect(0, 0, this.canvas.width, this.canvas.height);
    context.globalAlpha = 1;
    const size = Math.max(15, this.radius * 2.6);
    const stroke = (width, colour) => {
      Object.assign(context, { lineWidth: width, strokeStyle: colour, lineJoin: 'round' });
      context.beginPath();
      way.forEach((i, k) => (k ? context.lineTo(x[i], y[i]) : context.moveTo(x[i], y[i])));
      context.stroke();
    };
    stroke(size * 0.45, grey.ground);
    stroke(size * 0.2, grey.ink);
    Object.assign(context, { textAlign: 'center', textBaseline: 'middle', font: `700 ${0.72 * size}px system-ui, sans-serif` });
    [...way.entries()].reverse().forEach(([k, i]) => {
      context.fillStyle = grey.ink;
      context.beginPath();
      context.arc(x[i], y[i], size * 0.6, 0, 2 * Math.PI);
      context.fill();
      context.fillStyle = grey.ground;
      context.fillText(`${k + 1}`, x[i], y[i]);
    });
  }

  #choose(i) {
    const { context, grey, radius, x, y } = this;
    this.#lines(grey.ink, Math.max(1.4, radius * 0.35), (a, b) => a === i || b === i);
    context.lineWidth = Math.max(2, radius * 0.6);
    context.strokeStyle = grey.ink;
    context.beginPath();
    context.arc(x[i], y[i], radius * 2.6, 0, 2 * Math.PI);
    context.stroke();
  }

  #put(cells, i, red, green, blue) {
    const { width, height, data } = this.image;
    for (let k = 0; k < cells.length; k += 3) {
      const x = this.x[i] + cells[k], y = this.y[i] + cells[k + 1];
      if (x < 0 || y < 0 || x >= width || y >= height) continue;
      const at = 4 * (y * width + x), share = cells[k + 2];
      data[at] += (red - data[at]) * share;
      data[at + 1] += (green - data[at + 1]) * share;
      data[at + 2] += (blue - data[at + 2]) * share;
    }
  }

  /** Return who stands nearest to a place of the page, or -1; the last drawn wins. */
  find(clientX, clientY) {
    const box = this.canvas.getBoundingClientRect();
    const x = ((clientX - box.left) * this.canvas.width) / box.width;
    const y = ((clientY - box.top) * this.canvas.height) / box.height;
    let best = -1, nearest = (this.radius * 2.5 + 6) ** 2;
    for (let i = this.x.length - 1; i >= 0; i -= 1) {
      const distance = (this.x[i] - x) ** 2 + (this.y[i] - y) ** 2;
      if (distance < nearest) [best, nearest] = [i, distance];
    }
    return best;
  }
}
