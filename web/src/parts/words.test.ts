// That numbers, spans and moments read well.
import { describe, expect, it } from 'vitest';
import { bytes, distance, familyOf, interval, plural, span } from './words';

describe('words', () => {
  it.each([
    [0.042, '42 ms'],
    [3.21, '3.2 s'],
    [2, '2 s'],
    [59.6, '1 min'],
    [61, '1 min 1 s'],
    [3_599.9, '1 h'],
    [5_400, '1 h 30 min'],
    [90_000, '1 d 1 h'],
  ])('span(%d) is %s', (seconds, words) => {
    expect(span(seconds)).toBe(words);
  });

  it('says moments from now in both directions', () => {
    expect(distance(0, 1_000)).toBe('now');
    expect(distance(0, 12_000)).toBe('12 s ago');
    expect(distance(300_000, 0)).toBe('in 5 min');
    expect(distance(3 * 86_400_000, 0)).toBe('in 3 d');
  });

  it('says an interval in UTC, a whole day without time', () => {
    expect(interval(Date.UTC(2026, 10, 25, 7))).toBe('2026-11-25 07:00');
    expect(interval(Date.UTC(2026, 10, 25))).toBe('2026-11-25');
  });

  it('counts', () => {
    expect(plural(1, 'task')).toBe('1 task');
    expect(plural(2_000, 'task')).toBe('2,000 tasks');
    expect(bytes(1_500)).toBe('1.5 kB');
    expect(bytes(24_000_000)).toBe('24 MB');
  });

  it('names a task by its family when only the id is known', () => {
    expect(familyOf('SearchCTR_2026_11_25T07_ab12cd34ef')).toBe('SearchCTR');
    expect(familyOf('ns.Task__99914b932b')).toBe('ns.Task');
  });
});
