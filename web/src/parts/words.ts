// Numbers, spans, moments and states in words.
import type { Phase, RunState } from '../api/types';

export const phaseWords: Record<Phase, { word: string; help: string }> = {
  running: { word: 'Running', help: 'a worker is at it' },
  ready: { word: 'Ready', help: 'could run now, waits for a free slot' },
  waiting: { word: 'Waiting', help: 'for its dependencies' },
  external: { word: 'External', help: 'nobody here makes it; looked for again from time to time' },
  retrying: { word: 'Retrying', help: 'failed, is tried again by itself' },
  blocked: { word: 'Blocked', help: 'something below it is disabled' },
  disabled: { word: 'Disabled', help: 'failed too often, waits for somebody' },
  unknown: { word: 'Unknown', help: 'describing or checking it went wrong' },
  done: { word: 'Done', help: 'its target is there' },
};

export const runWords: Record<RunState, string> = {
  queued: 'Queued',
  planning: 'Planning',
  running: 'Running',
  done: 'Done',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

export const number = (value: number): string => value.toLocaleString('en-US');

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${number(count)} ${count === 1 ? one : many}`;

/** The first text that says something. */
export const firstOf = (...texts: (string | null | undefined)[]): string =>
  texts.find(Boolean) ?? '';

/** Luigi's ids begin with the family: what to call a task of which only the id is known. */
export const familyOf = (id: string): string => id.replace(/(?<=.)_.*$/s, '');

/** A span of seconds, in at most two units. */
export function span(seconds: number): string {
  const s = Math.max(0, seconds);
  if (s < 1) return `${Math.round(s * 1000)} ms`;
  if (s < 10 && !Number.isInteger(s)) return `${s.toFixed(1)} s`;
  const whole = Math.round(s);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return two(Math.floor(whole / 60), 'min', whole % 60, 's');
  const minutes = Math.round(s / 60);
  if (minutes < 1440) return two(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.round(s / 3600);
  return two(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

function two(big: number, bigUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${big} ${bigUnit}` : `${big} ${bigUnit} ${small} ${smallUnit}`;
}

export function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = count / 1000;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value.toFixed(value < 10 ? 1 : 0)} ${units[unit] ?? ''}`;
}

/** How far a moment is from now: "in 5 min", "12 s ago". Nothing finer than a second. */
export function distance(at: number, now: number): string {
  const seconds = Math.round((at - now) / 1000);
  if (Math.abs(seconds) < 2) return 'now';
  const words = coarse(Math.abs(seconds));
  return seconds > 0 ? `in ${words}` : `${words} ago`;
}

function coarse(seconds: number): string {
  if (seconds < 100) return `${seconds} s`;
  if (seconds < 5940) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

const pad = (value: number): string => String(value).padStart(2, '0');

/** A moment in UTC, as short as it can be said: midnight is a date. Data time is UTC. */
export function interval(start: number): string {
  const text = new Date(start).toISOString();
  const day = text.slice(0, 10);
  const time = text.slice(11, 16);
  if (text.slice(17, 19) !== '00') return `${day} ${text.slice(11, 19)}`;
  return time === '00:00' ? day : `${day} ${time}`;
}

/** A moment on the viewer's own clock, without the day when it is today. */
export function clock(at: number, now: number): string {
  const then = new Date(at);
  const time = `${pad(then.getHours())}:${pad(then.getMinutes())}:${pad(then.getSeconds())}`;
  if (then.toDateString() === new Date(now).toDateString()) return time;
  return `${then.getFullYear()}-${pad(then.getMonth() + 1)}-${pad(then.getDate())} ${time}`;
}
