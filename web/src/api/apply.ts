// How events change what the page knows: a fact with its new values is written wherever that task,
// run or pipeline is shown; what an event only hints at (lists, words, counts by error) is read
// again soon, but not more often than its view can use. Counts are never added up here.
import type { QueryClient, QueryKey } from '@tanstack/react-query';
import type * as t from './types';

type Patch = Record<string, unknown>;
interface Update {
  commit: number;
  patch: Patch;
}
type Updates = Map<string | number, Update>;

interface Known {
  at?: number;
}

interface Listed extends Known {
  pages?: unknown[];
  items?: unknown[];
}

const soon = new Map<string, ReturnType<typeof setTimeout>>();

/** Not a list that somebody has scrolled far down in: reading all of it again would cost much. */
function isShort(data: unknown): boolean {
  return ((data as Listed | undefined)?.pages?.length ?? 1) <= 3;
}

/** Reads again what is shown under this key, once in `wait_ms` however often it is asked for. */
export function refreshSoon(client: QueryClient, queryKey: QueryKey, wait_ms: number): void {
  const name = JSON.stringify(queryKey);
  if (soon.has(name)) return;
  const timer = setTimeout(() => {
    soon.delete(name);
    void client.invalidateQueries(
      { queryKey, predicate: ({ state }) => isShort(state.data) },
      { cancelRefetch: false },
    );
  }, wait_ms);
  soon.set(name, timer);
}

/** The row with its new values, or the very same row when nothing is new to it. */
function patched<Row extends object>(row: Row, id: string | number, at: number, all: Updates): Row {
  const update = all.get(id);
  return update && update.commit > at ? { ...row, ...update.patch } : row;
}

/** `rows` with the updates in it; the same array when none of them is about these rows. */
export function patchRows<Row extends { id: string | number }>(
  rows: Row[],
  at: number,
  updates: Updates,
): Row[] {
  const result = rows.map((row) => patched(row, row.id, at, updates));
  return result.some((row, i) => row !== rows[i]) ? result : rows;
}

/** A list, paged or not, with the updates in it. */
function patchList<Data extends Listed>(data: Data, updates: Updates): Data {
  if (data.pages) {
    const pages = data.pages.map((page) => patchList(page as Listed, updates));
    return pages.every((page, i) => page === data.pages?.[i]) ? data : { ...data, pages };
  }
  if (!data.items) return data;
  const items = patchRows(data.items as { id: string }[], data.at ?? 0, updates);
  return items === data.items ? data : { ...data, items };
}

function patchWhere<Data>(client: QueryClient, queryKey: QueryKey, change: (old: Data) => Data) {
  client.setQueriesData<Data>({ queryKey }, (old) => (old === undefined ? old : change(old)));
}

/** The last word of each entity among the events of one frame. */
function lastWords(events: t.LiveEvent[], kind: string, key: string): Updates {
  const updates: Updates = new Map();
  for (const event of events) {
    const id = event.data[key];
    if (event.kind !== kind || (typeof id !== 'string' && typeof id !== 'number')) continue;
    const before = updates.get(id);
    const patch = before ? { ...before.patch, ...event.data } : event.data;
    updates.set(id, { commit: event.commit, patch });
  }
  return updates;
}

function applyTasks(client: QueryClient, updates: Updates): void {
  if (updates.size === 0) return;
  patchWhere<Listed>(client, ['tasks'], (data) => patchList(data, updates));
  patchWhere<Listed>(client, ['names'], (data) => patchList(data, updates));
  patchWhere<t.Graph>(client, ['graph'], (graph) => {
    const nodes = patchRows(graph.nodes, graph.at, updates);
    return nodes === graph.nodes ? graph : { ...graph, nodes };
  });
  for (const [id] of updates) {
    patchWhere<t.Task>(client, ['task', id], (task) => patched(task, task.id, task.at, updates));
    if (!client.getQueryState(['task', id])) continue;
    for (const key of ['task', 'why', 'attempts']) refreshSoon(client, [key, id], 400);
  }
}

/** The strip of a pipeline's last runs: of an event it shows the state. */
function patchMarks(marks: t.RunMark[], updates: Updates): t.RunMark[] {
  const result = marks.map((mark) => {
    const state = updates.get(mark.id)?.patch['state'];
    return typeof state === 'string' ? { ...mark, state: state as t.RunState } : mark;
  });
  return result.some((mark, i) => mark !== marks[i]) ? result : marks;
}

const patchStrip = (pipeline: t.Pipeline, updates: Updates): t.Pipeline => {
  const runs = patchMarks(pipeline.runs, updates);
  return runs === pipeline.runs ? pipeline : { ...pipeline, runs };
};

function applyRuns(client: QueryClient, updates: Updates): void {
  if (updates.size === 0) return;
  patchWhere<Listed>(client, ['runs'], (data) => patchList(data, updates));
  patchWhere<t.Run>(client, ['run'], (run) => patched(run, run.id, run.at, updates));
  patchWhere<t.Pipeline>(client, ['pipeline'], (one) => patchStrip(one, updates));
  patchWhere<t.Page<t.Pipeline>>(client, ['pipelines'], (page) => ({
    ...page,
    items: page.items.map((one) => patchStrip(one, updates)),
  }));
  // New runs, durations and what an event does not carry.
  for (const key of ['runs', 'pipeline', 'pipelines']) refreshSoon(client, [key], 2_000);
  for (const [run] of updates) {
    refreshSoon(client, ['run', run], 3_000);
    refreshSoon(client, ['tasks', { run }], 3_000);
  }
}

function applyPipelines(client: QueryClient, updates: Updates): void {
  if (updates.size === 0) return;
  const change = (one: t.Pipeline): t.Pipeline => ({ ...one, ...updates.get(one.name)?.patch });
  patchWhere<t.Pipeline>(client, ['pipeline'], change);
  patchWhere<t.Page<t.Pipeline>>(client, ['pipelines'], (page) => ({
    ...page,
    items: page.items.map(change),
  }));
}

function applyCounts(client: QueryClient, events: t.LiveEvent[]): void {
  const last = events.findLast(({ kind }) => kind === 'counts');
  if (!last) return;
  patchWhere<t.Overview>(client, ['overview'], (old) =>
    last.commit > old.at ? { ...old, ...last.data } : old,
  );
  refreshSoon(client, ['overview'], 1_500);
  refreshSoon(client, ['pools'], 2_000);
  refreshSoon(client, ['tasks', { run: null }], 3_000);
}

/** Writes the events of one frame into the cache. */
export function applyEvents(client: QueryClient, events: t.LiveEvent[]): void {
  applyTasks(client, lastWords(events, 'task', 'id'));
  applyRuns(client, lastWords(events, 'run', 'id'));
  applyPipelines(client, lastWords(events, 'pipeline', 'name'));
  applyCounts(client, events);
  for (const { kind, data } of events) {
    if (kind === 'worker') {
      refreshSoon(client, ['workers'], 1_500);
      refreshSoon(client, ['pools'], 1_500);
    }
    if (kind === 'graph') {
      refreshSoon(client, ['graph', data['run']], 1_500);
      refreshSoon(client, ['tasks', { run: data['run'] }], 1_500);
    }
  }
}
