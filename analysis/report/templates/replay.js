// Plays one world of each scenario, where scripts are allowed; the page does without.

const FRAMES_A_SECOND = 8;
const place = document.getElementById('replay');
const about = JSON.parse(document.getElementById('replay-data').textContent);
const dark = matchMedia('(prefers-color-scheme: dark)');

/** Return the bytes of a replay, as `analysis/replay.py` describes them. */
async function unpacked() {
  const packed = Uint8Array.from(atob(about.packed), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate'));
  return new DataView(await new Response(stream).arrayBuffer());
}

/** Return the network, and the frames of each world. */
function read(view) {
  const { people, ties: pairs, weeks, worlds } = about;
  let at = 0;
  const shorts = (n) => Uint16Array.from({ length: n }, (_, k) => view.getUint16(at + 2 * k, true));
  const [points, ties] = [new Float32Array(2 * people), new Uint32Array(2 * pairs)];
  for (const k of [0, 1]) {
    shorts(people).forEach((v, i) => { points[2 * i + k] = (2 * v) / 65535 - 1; });
    at += 2 * people;
  }
  for (const k of [0, 1]) {
    shorts(pairs).forEach((v, i) => { ties[2 * i + k] = v; });
    at += 2 * pairs;
  }
  const size = people * weeks.length;
  const column = (start, base) => {
    const found = new Uint8Array(view.buffer, start, size);
    return base ? found.map((byte, k) => byte ^ base[k]) : found;
  };
  const films = [];
  for (const { name, active } of worlds) {
    const [thought, seen] = [0, 1].map((k) => column(at + k * size, films[0]?.columns[k]));
    films.push({ name, active, columns: [thought, seen] });
    at += 2 * size;
  }
  return { network: { points, ties }, films };
}

const frame = ({ columns }, week) => {
  const [perception, seen] = columns.map((column) =>
    Uint8Array.from({ length: about.people }, (_, i) => column[i * about.weeks.length + week]));
  return { perception, seen };
};

class Player {
  at = 0;
  isPlaying = false;

  constructor({ network, films }) {
    Object.assign(this, { network, films, shown: [0, films.length > 1 ? 1 : 0] });
    this.panes = [this.#pane(1), this.#pane(0)];
    place.querySelector('.worlds').append(...this.panes.map((pane) => pane.node));
    this.button = place.querySelector('button');
    this.slider = place.querySelector('input');
    this.slider.max = about.weeks.length - 1;
    this.button.addEventListener('click', () => (this.isPlaying ? this.pause() : this.play()));
    this.slider.addEventListener('input', () => { this.isPlaying = false; this.show(+this.slider.value); });
    place.hidden = false;
    new ResizeObserver(() => this.fit()).observe(place);
    dark.addEventListener('change', () => this.fit());
    this.fit();
  }

  /** A pane of the base (0), or of another world, which can be chosen. */
  #pane(which) {
    const [node, caption, canvas] = ['figure', 'figcaption', 'canvas'].map((tag) => document.createElement(tag));
    const [head, line] = ['b', 'span'].map((tag) => document.createElement(tag));
    canvas.setAttribute('role', 'img');
    if (which && this.films.length > 2) {
      const choice = document.createElement('select');
      choice.setAttribute('aria-label', 'Which world');
      choice.append(...this.films.slice(1).map(({ name }, k) => new Option(name, k + 1)));
      choice.addEventListener('change', () => { this.shown[1] = +choice.value; this.show(this.at); });
      head.append(choice);
    } else head.textContent = this.films[this.shown[which]].name;
    caption.append(head, line);
    node.append(caption, canvas);
    return { node, canvas, line, which, picture: new Picture(canvas, about.bytes) };
  }

  fit() {
    const theme = dark.matches ? 'dark' : 'light';
    place.querySelector('.ramp').style.background = gradient(theme);
    for (const { picture } of this.panes) picture.set(this.network, theme);
    this.show(this.at);
  }

  show(at) {
    this.at = Math.max(0, Math.min(about.weeks.length - 1, at));
    const week = about.weeks[this.at];
    const frames = this.shown.map((k) => frame(this.films[k], this.at));
    const isHere = (byte) => byte <= about.bytes.full;
    const marks = frames[0].perception.map((byte, i) => isHere(byte) !== isHere(frames[1].perception[i]));
    for (const { picture, canvas, line, which } of this.panes) {
      const { name, active } = this.films[this.shown[which]];
      const change = active[this.at] - active[0];
      line.textContent = `${active[this.at]} customers, ${Math.abs(change)} ${change < 0 ? 'fewer' : 'more'} than at the start`;
      canvas.setAttribute('aria-label', `${name}, week ${week}: ${line.textContent}`);
      picture.draw(frames[which], { marks });
    }
    this.slider.value = this.at;
    this.slider.setAttribute('aria-valuetext', `Week ${week}`);
    place.querySelector('output').textContent = week;
    this.button.textContent = this.isPlaying ? 'Pause' : 'Play';
  }

  async play() {
    this.isPlaying = true;
    if (this.at === about.weeks.length - 1) this.at = -1;
    while (this.isPlaying && this.at < about.weeks.length - 1) {
      this.show(this.at + 1);
      await new Promise((resume) => { setTimeout(resume, 1000 / FRAMES_A_SECOND); });
    }
    this.pause();
  }

  pause() {
    this.isPlaying = false;
    this.show(this.at);
  }
}

window.replay = new Player(read(await unpacked()));
