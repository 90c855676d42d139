// Figures as people read them. No figure is a dash, never a zero.

const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P'];
export const NONE = '–';

/** Three significant digits and a decimal prefix, as "5.21 Gbit/s". */
export function scaled(value, unit) {
  if (value === null || value === undefined || !Number.isFinite(value)) {
    return NONE;
  }
  let power = 0;
  while (Math.abs(value) >= 999.5 && power < PREFIXES.length - 1) {
    value /= 1000;
    power++;
  }
  return `${digits(value, power > 0)} ${PREFIXES[power]}${unit}`;
}

function digits(value, fractional) {
  if (!fractional && Number.isInteger(value)) {
    return String(value);
  }
  return value >= 99.95 ? value.toFixed(0) : value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}

export const bits = bytesPerSecond => scaled(bytesPerSecond === null ? null : bytesPerSecond * 8, 'bit/s');
export const bytes = count => scaled(count, 'B');
export const perSecond = rate => rate === null ? NONE : `${rate < 10 && rate > 0 ? rate.toFixed(1) : Math.round(rate).toLocaleString('en')}/s`;
export const count = value => value === null || value === undefined ? NONE : value.toLocaleString('en');
export const percent = share => share === null ? NONE : `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`;

/** A moment today by its time, another one with its date; in the viewer's time zone. */
export function moment(text) {
  const when = new Date(text);
  if (Number.isNaN(when.getTime())) {
    return text ?? NONE;
  }
  const time = when.toLocaleTimeString('en-GB');
  return when.toDateString() === new Date().toDateString() ? time : `${date(text)} ${time}`;
}

export function date(text) {
  const when = new Date(text);
  return `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())}`;
}

const two = number => String(number).padStart(2, '0');

/** A span of time in its two largest units. */
export function span(milliseconds) {
  let rest = Math.max(0, Math.floor(milliseconds / 1000));
  const parts = [];
  for (const [unit, seconds] of [['d', 86400], ['h', 3600], ['min', 60], ['s', 1]]) {
    if (rest >= seconds || unit === 's' && parts.length === 0) {
      parts.push(`${Math.floor(rest / seconds)} ${unit}`);
      rest %= seconds;
    }
  }
  return parts.slice(0, 2).join(' ');
}
