// That events reach everything that shows what they are about, and never turn time back.
import { QueryClient } from '@tanstack/react-query';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { applyEvents, patchRows, refreshSoon } from './apply';
import type { LiveEvent } from './types';

const row = (id: string, phase = 'ready') => ({ id, phase, status: 'PENDING' });
const task = (id: string, phase: string, commit = 8): LiveEvent => ({
  kind: 'task',
  commit,
  data: { id, phase, status: 'RUNNING' },
});

let client: QueryClient;

beforeEach(() => {
  vi.useFakeTimers();
  client = new QueryClient();
});
afterEach(() => {
  vi.runAllTimers();
  vi.useRealTimers();
});

describe('patchRows', () => {
  it('changes only the rows that an update is about', () => {
    const rows = [row('a'), row('b')];

    const now = patchRows(rows, 1, new Map([['b', { commit: 2, patch: { phase: 'done' } }]]));

    expect(now[0]).toBe(rows[0]);
    expect(now[1]).toEqual({ id: 'b', phase: 'done', status: 'PENDING' });
  });

  it('gives the same array back when nothing is new', () => {
    const rows = [row('a')];

    expect(patchRows(rows, 5, new Map([['a', { commit: 5, patch: { phase: 'done' } }]]))).toBe(
      rows,
    );
  });
});

describe('applyEvents', () => {
  it('writes a task wherever it is shown', () => {
    client.setQueryData(['task', 'a'], { ...row('a'), at: 7 });
    client.setQueryData(['tasks', { run: 1 }], { pages: [{ items: [row('a'), row('b')], at: 7 }] });
    client.setQueryData(['graph', 1], { nodes: [row('b'), row('a')], edges: [], at: 7 });

    applyEvents(client, [task('a', 'running')]);

    expect(client.getQueryData(['task', 'a'])).toMatchObject({ phase: 'running' });
    expect(client.getQueryData(['tasks', { run: 1 }])).toMatchObject({
      pages: [{ items: [{ phase: 'running' }, { phase: 'ready' }] }],
    });
    expect(client.getQueryData(['graph', 1])).toMatchObject({
      nodes: [{ phase: 'ready' }, { phase: 'running' }],
    });
  });

  it('drops an event that is older than what was read', () => {
    client.setQueryData(['task', 'a'], { ...row('a', 'done'), at: 9 });

    applyEvents(client, [task('a', 'running', 9)]);

    expect(client.getQueryData(['task', 'a'])).toMatchObject({ phase: 'done' });
  });

  it('takes the last of several words about one task', () => {
    client.setQueryData(['task', 'a'], { ...row('a'), at: 1 });

    applyEvents(client, [task('a', 'running', 2), task('a', 'done', 3)]);

    expect(client.getQueryData(['task', 'a'])).toMatchObject({ phase: 'done' });
  });

  it('shows a new state of a run in the list of runs and in the strip of its pipeline', () => {
    client.setQueryData(['runs', {}], { pages: [{ items: [{ id: 4, state: 'running' }], at: 1 }] });
    client.setQueryData(['pipeline', 'p'], { name: 'p', runs: [{ id: 4, state: 'running' }] });

    applyEvents(client, [{ kind: 'run', commit: 2, data: { id: 4, state: 'done' } }]);

    expect(client.getQueryData(['runs', {}])).toMatchObject({
      pages: [{ items: [{ state: 'done' }] }],
    });
    expect(client.getQueryData(['pipeline', 'p'])).toMatchObject({ runs: [{ state: 'done' }] });
  });

  it('shows a pause at once', () => {
    client.setQueryData(['pipelines'], { items: [{ name: 'p', paused: false, runs: [] }], at: 1 });

    applyEvents(client, [{ kind: 'pipeline', commit: 2, data: { name: 'p', paused: true } }]);

    expect(client.getQueryData(['pipelines'])).toMatchObject({ items: [{ paused: true }] });
  });

  it('survives events about what nobody looks at, and of kinds it does not know', () => {
    applyEvents(client, [task('z', 'done'), { kind: 'later', commit: 1, data: {} }]);

    expect(client.getQueryCache().getAll()).toEqual([]);
  });
});

describe('refreshSoon', () => {
  it('reads again once, however often it is asked for', () => {
    const invalidate = vi.spyOn(client, 'invalidateQueries');

    for (let i = 0; i < 50; i++) refreshSoon(client, ['overview'], 1_500);
    vi.advanceTimersByTime(1_600);

    expect(invalidate).toHaveBeenCalledTimes(1);
  });

  it('leaves a list alone that somebody has scrolled far down in', () => {
    const key = ['tasks', { run: 9 }];
    client.setQueryData(key, { pages: [{}, {}, {}, {}], pageParams: [] });

    refreshSoon(client, key, 10);
    vi.advanceTimersByTime(20);

    expect(client.getQueryState(key)?.isInvalidated).toBe(false);
  });
});
