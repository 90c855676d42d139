// Asks /v1/status about once a second and shows what it says. Reads only.

import {Chart} from './chart.js';
import {NONE, bits, bytes, count, date, moment, percent, perSecond, span} from './format.js';

const reducedMotion = matchMedia('(prefers-reduced-motion: reduce)');
const PERIOD_MS = 1000;
/** Those who want less motion get it, and figures all the same. */
const CALM_PERIOD_MS = 5000;
const ANSWER_LIMIT_MS = 5000;
const EXPIRY_WARNING_MS = 14 * 86_400_000;

const byId = id => document.getElementById(id);
const chart = new Chart(byId('chart'));
let before = null;
let paused = false;
let timer = null;

// --- what is on the page ---

/** Writes only what has changed: a reader that follows the page is not told the same twice. */
function write(node, text) {
  if (node.textContent !== text) {
    node.textContent = text;
  }
}

function say(text) {
  const notice = byId('notice');
  write(notice, text);
  notice.classList.toggle('shown', text !== '');
}

function mark(node, state, text) {
  node.dataset.state = state;
  write(node, text);
}

/**
 * Rows of a table, one an item. A cell is a text or {text, note, state, time}; the first one is the row's header.
 */
function table(section, items, cells, numbers = []) {
  const body = document.querySelector(`#${section} tbody`);
  while (body.rows.length > items.length) {
    body.deleteRow(-1);
  }
  items.forEach((item, index) => {
    const row = body.rows[index] ?? body.insertRow();
    cells(item).forEach((cell, column) => fill(cellOf(row, column, numbers), cell));
  });
}

function cellOf(row, column, numbers) {
  if (row.cells[column]) {
    return row.cells[column];
  }
  const cell = document.createElement(column === 0 ? 'th' : 'td');
  if (column === 0) {
    cell.scope = 'row';
  }
  cell.classList.toggle('number', numbers.includes(column));
  cell.append(document.createElement('span'), document.createElement('small'));
  row.append(cell);
  return cell;
}

function fill(cell, content) {
  const {text, note = '', state = null} = typeof content === 'object' ? content : {text: content};
  const [main, small] = cell.children;
  write(main, text);
  main.classList.toggle('state', state !== null);
  if (state === null) {
    delete main.dataset.state;
  } else {
    main.dataset.state = state;
  }
  write(small, note);
  small.hidden = note === '';
}

// --- what the agent says ---

/** What has risen since the look before, by the second; null while there is nothing to compare with. */
function rates(now) {
  if (!before || before.startTime !== now.startTime) {
    return {of: () => null, seconds: null};
  }
  const seconds = (Date.parse(now.time) - Date.parse(before.time)) / 1000;
  const of = (read) => {
    const was = read(before.traffic);
    const is = read(now.traffic);
    return seconds > 0 && was !== undefined && is >= was ? (is - was) / seconds : null;
  };
  return {of, seconds};
}

function showState(now) {
  const degraded = now.conditions.find(condition => condition.type === 'Degraded' && condition.status === 'True');
  if (now.drain) {
    mark(byId('state'), 'warn', now.drain.state);
  } else if (!now.ready) {
    mark(byId('state'), 'bad', 'Not serving');
  } else {
    mark(byId('state'), degraded ? 'warn' : 'good', degraded ? 'Serving, degraded' : 'Serving');
  }
  write(byId('host'), now.host ?? '');
  document.title = `${now.host ? `${now.host} · ` : ''}Disk|Crypt|Net`;
  const where = now.addresses.length ? `, answers at ${now.addresses.join(', ')}` : '';
  write(byId('about'), `Agent ${now.version}, runs for ${span(Date.parse(now.time) - Date.parse(now.startTime))}${where}`);
  write(byId('changes'), now.changesAllowed
      ? 'Uploads, removals, a drain and the log level need the admin token: send it as Authorization: Bearer TOKEN.'
      : 'Uploads, removals, a drain and the log level are refused: this agent was started without an admin token.');
  say(now.notReadyReasons.join(' '));
}

function showTiles(now, rate) {
  const sent = rate.of(traffic => traffic.transmitBytes);
  const read = rate.of(traffic => traffic.diskReadBytes);
  write(byId('sent'), bits(sent));
  const again = now.traffic.retransmittedBytes;
  write(byId('sent-note'), `${bytes(now.traffic.transmitBytes)} since the start${again ? `, ${bytes(again)} of it again` : ''}`);
  write(byId('read'), bits(read));
  write(byId('read-note'), `${bytes(now.traffic.diskReadBytes)} since the start`);
  write(byId('connections'), count(now.connections));
  write(byId('connections-note'), `${count(now.traffic.abortedResponses)} ended amid a response`);
  write(byId('requests'), perSecond(rate.of(traffic => traffic.requests)));
  write(byId('requests-note'), `${count(now.traffic.requests)} in all, ${count(now.traffic.failedRequests)} failed`);
  const ratio = now.memoryBytesPerNetworkByte;
  write(byId('ratio'), ratio === undefined ? NONE : ratio.toFixed(2));
  write(byId('ratio-note'), ratio !== undefined ? `bytes moved, by ${now.memory.sources[0]}`
      : now.memory.available ? 'too little was sent' : 'not counted here');
  if (sent !== null) {
    chart.add(Date.parse(now.time), sent, read ?? 0);
    chart.draw();
    write(byId('chart-summary'), chart.summary());
  }
}

const STATES = {Good: 'good', ReadOnly: 'warn', Failing: 'bad', Missing: 'bad', LinkDown: 'bad'};
const WORDS = {ReadOnly: 'Read only', LinkDown: 'Link down'};
const health = ({state, message}) => ({text: WORDS[state] ?? state, state: STATES[state] ?? 'warn', note: message ?? ''});
const yes = value => value ? 'yes' : 'no';

function showConditions(now) {
  table('conditions', now.conditions, condition => [
    condition.type.replace(/(?!^)([A-Z])/g, letter => ` ${letter.toLowerCase()}`),
    {text: condition.status, state: conditionState(condition)},
    {text: condition.reason.replace(/(?!^)([A-Z])/g, letter => ` ${letter.toLowerCase()}`), note: condition.message},
    moment(condition.lastTransitionTime),
  ]);
}

function conditionState({type, status}) {
  const wanted = type === 'Degraded' ? 'False' : 'True';
  return status === wanted ? 'good' : type === 'Degraded' || status === 'Unknown' ? 'warn' : 'bad';
}

function showDevices(now, rate) {
  const of = (list, id, name) => rate.of(traffic => traffic[list].find(item => item.id === id)?.[name]);
  const total = (list, id) => now.traffic[list].find(item => item.id === id) ?? {};
  table('disks', now.disks, disk => [
    {text: disk.id, note: [disk.model, disk.uri].filter(Boolean).join(' · ')},
    {text: disk.driver, note: disk.direct ? '' : 'through the page cache'},
    bits(of('disks', disk.id, 'readBytes')),
    perSecond(of('disks', disk.id, 'reads')),
    count(total('disks', disk.id).errors),
    count(disk.objects),
    {text: bytes(disk.freeBytes), note: `of ${bytes(disk.capacityBytes)}`},
    health(disk.health),
  ], [2, 3, 4, 5, 6]);
  table('ports', now.ports, port => [
    {text: port.id, note: `${port.macAddress}, MTU ${port.mtu}`},
    {text: port.driver, note: port.transmitMode},
    bits(of('ports', port.id, 'transmitBytes')),
    bits(of('ports', port.id, 'receiveBytes')),
    dropped(total('ports', port.id)),
    {text: yes(port.segmentationOffload), note: `frames to ${bytes(port.maxFrameBytes)}`},
    yes(port.zeroCopy),
    health(port.health),
  ], [2, 3, 4]);
}

const dropped = ({transmitDroppedFrames = 0, receiveDroppedFrames = 0}) =>
  ({text: count(transmitDroppedFrames + receiveDroppedFrames), note: transmitDroppedFrames + receiveDroppedFrames
    ? `${count(transmitDroppedFrames)} out, ${count(receiveDroppedFrames)} in` : ''});

function showTls(now) {
  const engine = now.cryptEngine;
  write(byId('engine'), engine
      ? `Records are sealed by ${engine.name} ${engine.version} (${engine.reason}). `
        + `${count(now.traffic.handshakes)} handshakes, ${count(now.traffic.resumedHandshakes)} of them resumed, `
        + `${count(now.traffic.failedHandshakes)} failed.`
      : 'No listener has TLS.');
  const listeners = now.listeners.flatMap(listener =>
    (listener.certificates ?? [null]).map(certificate => ({...listener, certificate})));
  table('tls', listeners, ({port, tls, certificate}) => [
    {text: `${tls ? 'HTTPS' : 'HTTP'} ${port}`},
    certificate?.secretName ?? NONE,
    {text: certificate?.names.join(', ') || NONE, note: certificate?.subject ?? ''},
    validity(certificate, Date.parse(now.time)),
  ]);
}

function validity(certificate, nowMs) {
  if (!certificate) {
    return NONE;
  }
  const left = Date.parse(certificate.notAfter) - nowMs;
  return {
    text: date(certificate.notAfter),
    state: left < 0 ? 'bad' : left < EXPIRY_WARNING_MS ? 'warn' : 'good',
    note: left < 0 ? `ended ${span(-left)} ago` : `${span(left)} left`,
  };
}

function showMemory(now) {
  const {available, sources, missing} = now.memory;
  const ratio = now.memoryBytesPerNetworkByte;
  write(byId('memory-text'), !available
      ? 'This machine offers no counter of memory traffic, so there is no figure; nothing is estimated. What was looked for:'
      : (ratio === undefined
          ? 'Too little was sent in the last seconds for a figure.'
          : `${ratio.toFixed(2)} bytes moved between processor and memory for each byte sent.`)
        + ` Counted by ${sources.join(', ')}.${missing.length ? ' What else was looked for:' : ''}`);
  const list = byId('memory-list');
  while (list.children.length > missing.length) {
    list.lastChild.remove();
  }
  missing.forEach((reason, index) =>
    write(list.children[index] ?? list.appendChild(document.createElement('li')), reason));
}

function showWorkers(now, rate) {
  table('workers', now.workers, worker => [
    `Worker ${worker.id}`,
    worker.cpu < 0 ? 'not pinned' : `CPU ${worker.cpu}`,
    percent(rate.of(traffic => traffic.workers.find(item => item.id === worker.id)?.busySeconds)),
    count(worker.connections),
    worker.running ? {text: 'Running', state: 'good'} : {text: 'Stopped', state: 'bad'},
  ], [2, 3]);
}

const PLACES = ['disk', 'device', 'port', 'resource', 'worker', 'connection', 'object', 'target'];
const TIMES = ['count', 'total', 'repeated', 'seconds'];
const PROSE = ['message', 'reason', 'error', 'exception', 'hint', 'note'];

/** What it happened to: the device first, and what else is known beneath. */
function place(fields) {
  const [first, ...others] = PLACES.filter(key => key in fields);
  return first === undefined ? NONE
      : {text: fields[first], note: [first, ...others.map(key => `${key} ${fields[key]}`)].join(', ')};
}

function showEvents(now) {
  byId('events-table').hidden = now.recentEvents.length === 0;
  byId('events-none').hidden = now.recentEvents.length > 0;
  write(byId('events-none'), `None since the start at ${moment(now.startTime)}.`);
  table('events', now.recentEvents, ({time, level, event, fields}) => {
    const rest = Object.keys(fields).filter(key => ![...PLACES, ...PROSE, ...TIMES].includes(key));
    return [
      moment(time),
      level === 'ERROR' ? {text: 'Error', state: 'bad'} : {text: 'Warning', state: 'warn'},
      event.replaceAll('-', ' '),
      place(fields),
      {
        text: PROSE.filter(key => key in fields).map(key => fields[key]).join('; ') || NONE,
        note: rest.map(key => `${key}=${fields[key]}`).join(' '),
      },
      {
        text: count(Number(fields.count ?? fields.repeated ?? 1)),
        note: fields.seconds ? `in ${fields.seconds} s` : fields.total ? `${count(Number(fields.total))} in all` : '',
      },
    ];
  }, [5]);
}

function show(now) {
  const rate = rates(now);
  if (before && before.startTime !== now.startTime) {
    chart.clear();
  }
  showState(now);
  showTiles(now, rate);
  showConditions(now);
  showDevices(now, rate);
  showTls(now);
  showMemory(now);
  showWorkers(now, rate);
  showEvents(now);
  before = now;
}

// --- asking ---

function explain(response) {
  if (response.status === 401 || response.status === 403) {
    return 'Somebody in front of the agent wants a token for its status, and a page cannot send one. '
        + 'Ask with curl -H "Authorization: Bearer TOKEN", or open the agent\'s own address.';
  }
  return `The agent answers with status ${response.status}. Its log says why.`;
}

async function look() {
  clearTimeout(timer);
  try {
    const response = await fetch('v1/status', {cache: 'no-store', signal: AbortSignal.timeout(ANSWER_LIMIT_MS)});
    if (response.ok) {
      document.body.classList.remove('stale');
      show(await response.json());
    } else {
      lose(explain(response));
    }
  } catch (error) {
    if (error instanceof TypeError || error.name === 'TimeoutError') {
      lose('The agent does not answer. This page asks again by itself; the figures below are the last known ones.');
    } else {
      throw error;
    }
  } finally {
    schedule();
  }
}

function lose(text) {
  document.body.classList.add('stale');
  mark(byId('state'), 'bad', 'No answer');
  say(text);
}

function schedule() {
  clearTimeout(timer);
  if (!paused && !document.hidden) {
    timer = setTimeout(look, reducedMotion.matches ? CALM_PERIOD_MS : PERIOD_MS);
  }
}

byId('pause').addEventListener('click', () => {
  paused = !paused;
  byId('pause').setAttribute('aria-pressed', String(paused));
  schedule();
});
document.addEventListener('visibilitychange', schedule);
look();
