// Long work: begun, watched, cancelled; one bar and one line of words for any kind.

import { h, told } from './dom.js';
import * as wire from './wire.js';

const EVERY = 400;

export class JobPanel {
  job = null;
  isRunning = false;

  /** A panel for jobs of one view; `busy` is told whether one runs. */
  constructor(name, busy) {
    Object.assign(this, { name, busy });
    this.stop = h('button', { type: 'button', id: `${name}-cancel`, hidden: true, onclick: told(() => this.cancel()) }, 'Cancel');
    this.bar = h('progress', { id: `${name}-bar`, max: 1, value: 0, 'aria-label': 'Worlds lived' });
    this.words = h('p', { id: `${name}-words`, role: 'status' });
    this.node = h('div', { class: 'progress', hidden: true }, this.bar, this.words);
  }

  /** Do what a wish asks for; return what was found, or null if it was cancelled. */
  async run(wish) {
    this.#busy(true);
    try {
      this.job = await wire.beginJob(wish);
      while (this.job.state === 'running') {
        this.#tell();
        await new Promise((resume) => { setTimeout(resume, EVERY); });
        this.job = await wire.job(this.job.id);
      }
      if (this.job.state === 'failed') throw new Error(this.job.words);
      this.#tell();
      return this.job.state === 'done' ? await wire.jobResult(this.job.id) : null;
    } finally {
      this.#busy(false);
    }
  }

  async cancel() {
    if (this.job) this.job = { ...this.job, ...(await wire.cancelJob(this.job.id)) };
  }

  #busy(isOn) {
    this.isRunning = isOn;
    this.stop.hidden = !isOn;
    this.node.hidden = !isOn && this.job?.state !== 'stopped';
    this.busy(isOn);
  }

  #tell() {
    const { done, planned, words } = this.job;
    if (planned) Object.assign(this.bar, { max: planned, value: done });
    else this.bar.removeAttribute('value');
    this.words.textContent = planned ? `${done} of at most ${planned} runs. ${words}` : words;
  }
}
