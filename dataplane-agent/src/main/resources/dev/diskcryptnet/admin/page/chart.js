// Two rates over the last two minutes, drawn as SVG. Moves only when there is something new to draw.

import {bits} from './format.js';

const SVG = 'http://www.w3.org/2000/svg';
const SPAN_MS = 120_000;
/** A longer time between two samples is a gap in the line. */
const GAP_MS = 12_000;
const LEFT = 84;
const RIGHT = 8;
const TOP = 10;
const BOTTOM = 24;
const LINES = 4;

export class Chart {
  #host;
  #svg;
  #samples = [];

  constructor(host) {
    this.#host = host;
    this.#svg = element('svg', {role: 'img', 'aria-labelledby': 'throughput-title chart-summary'});
    host.append(this.#svg);
    new ResizeObserver(() => this.draw()).observe(host);
  }

  /** Rates in bytes per second at a time in milliseconds. */
  add(timeMs, sent, read) {
    this.#samples.push({timeMs, sent, read});
    while (this.#samples[0].timeMs < timeMs - SPAN_MS) {
      this.#samples.shift();
    }
  }

  clear() {
    this.#samples = [];
  }

  /** What the picture shows, for those who do not see it. */
  summary() {
    if (this.#samples.length === 0) {
      return 'The last two minutes, as long as this page is open.';
    }
    const sent = this.#samples.map(sample => sample.sent);
    const read = this.#samples.map(sample => sample.read);
    const seconds = Math.round((this.#samples.at(-1).timeMs - this.#samples[0].timeMs) / 1000);
    return `Over the last ${seconds} s, sent: mean ${bits(mean(sent))}, most ${bits(Math.max(...sent))}; `
        + `read from disks: mean ${bits(mean(read))}, most ${bits(Math.max(...read))}.`;
  }

  draw() {
    const width = this.#host.clientWidth;
    const height = this.#host.clientHeight;
    const top = ceiling(Math.max(1e6 / 8, ...this.#samples.flatMap(sample => [sample.sent, sample.read])));
    const end = this.#samples.at(-1)?.timeMs ?? 0;
    const x = timeMs => LEFT + (width - LEFT - RIGHT) * (1 - (end - timeMs) / SPAN_MS);
    const y = rate => TOP + (height - TOP - BOTTOM) * (1 - rate / top);
    const parts = [];
    for (let i = 0; i <= LINES; i++) {
      const at = Math.round(y(top * i / LINES)) + 0.5;
      parts.push(element('line', {class: 'grid', x1: LEFT, x2: width - RIGHT, y1: at, y2: at}));
      parts.push(label(LEFT - 8, at + 4, 'end', bits(top * i / LINES).replace(/\.0+ /, ' ')));
    }
    parts.push(label(LEFT, height - 6, 'start', '2 min ago'));
    parts.push(label((LEFT + width - RIGHT) / 2, height - 6, 'middle', '1 min ago'));
    parts.push(label(width - RIGHT, height - 6, 'end', 'now'));
    for (const run of this.#runs()) {
      const line = name => run.map(sample => `${x(sample.timeMs).toFixed(1)},${y(sample[name]).toFixed(1)}`).join(' ');
      const floor = `${x(run.at(-1).timeMs).toFixed(1)},${y(0)} ${x(run[0].timeMs).toFixed(1)},${y(0)}`;
      parts.push(element('polygon', {class: 'sent-area', points: `${line('sent')} ${floor}`}));
      parts.push(element('polyline', {class: 'sent', points: line('sent')}));
      parts.push(element('polyline', {class: 'read', points: line('read')}));
    }
    this.#svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.#svg.replaceChildren(...parts);
  }

  #runs() {
    const runs = [];
    for (const sample of this.#samples) {
      const last = runs.at(-1)?.at(-1);
      if (last && sample.timeMs - last.timeMs <= GAP_MS) {
        runs.at(-1).push(sample);
      } else {
        runs.push([sample]);
      }
    }
    return runs;
  }
}

const mean = values => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The next rate that divides well into the chart's lines, in bits. */
function ceiling(bytesPerSecond) {
  const wanted = bytesPerSecond * 8;
  const power = 10 ** Math.floor(Math.log10(wanted));
  return [1, 2, 4, 6, 8, 10].map(step => step * power).find(step => step >= wanted) / 8;
}

function element(name, attributes) {
  const made = document.createElementNS(SVG, name);
  Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
  return made;
}

function label(x, y, anchor, text) {
  const made = element('text', {x, y, 'text-anchor': anchor});
  made.textContent = text;
  return made;
}
