// Reads and writes of /v1, and the cache in front of them. What was fetched stays valid until an
// event says otherwise (live.ts), so nothing here polls.
import { QueryClient, infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, query } from './base';
import { session, toLogin } from './session';
import type * as t from './types';

/** An answer that is no success: RFC 9457, with headrace's remedy. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    detail: string,
    readonly remedy: string,
  ) {
    super(detail);
  }
}

interface Problem {
  title?: string;
  detail?: string;
  remedy?: string;
}

async function answer<T>(response: Response): Promise<T> {
  if (response.ok) return (await response.json()) as T;
  if (response.status === 401) toLogin();
  const problem = (await response.json().catch(() => ({}))) as Problem;
  const title = problem.title ?? response.statusText;
  throw new ApiError(response.status, title, problem.detail ?? title, problem.remedy ?? '');
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await fetch(api(path), {
    headers: { accept: 'application/json' },
    cache: 'no-store',
    ...(signal ? { signal } : {}),
  });
  return answer<T>(response);
}

export async function post<T>(path: string, body: object = {}): Promise<T> {
  const { csrf } = await session();
  const response = await fetch(api(path), {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-csrf-token': csrf },
    body: JSON.stringify(body),
  });
  return answer<T>(response);
}

/** Retries what may be the network's fault; a refusal stays one. */
function shouldRetry(failures: number, error: Error): boolean {
  return failures < 2 && !(error instanceof ApiError && error.status < 500);
}

export const client = new QueryClient({
  defaultOptions: {
    queries: {
      // A view that is shown again shows what it knew and asks anew: nobody told it meanwhile.
      staleTime: 2_000,
      gcTime: 5 * 60_000,
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      retry: shouldRetry,
      networkMode: 'always',
    },
  },
});

export interface TaskFilter {
  run?: number | undefined;
  phase?: string | undefined;
  family?: string | undefined;
  pipeline?: string | undefined;
  pool?: string | undefined;
  worker?: string | undefined;
  q?: string | undefined;
}

export interface RunFilter {
  pipeline?: string | undefined;
  state?: string | undefined;
}

const rowsPerPage = 200;
const part = encodeURIComponent;

/** A list that is read page by page, as far as somebody scrolls. */
function list<Row>(key: readonly unknown[], path: string, filter: Record<string, string>) {
  return infiniteQueryOptions({
    queryKey: key,
    queryFn: ({ pageParam, signal }) =>
      get<t.Page<Row>>(path + query({ ...filter, limit: rowsPerPage, cursor: pageParam }), signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
  });
}

function tasks({ run, ...filter }: TaskFilter) {
  const set: Record<string, string> = {};
  for (const [name, value] of Object.entries(filter)) if (value) set[name] = value;
  const path = run === undefined ? 'tasks' : `runs/${run}/tasks`;
  return list<t.TaskRow>(['tasks', { run: run ?? null, ...set }], path, set);
}

function runs({ pipeline, state }: RunFilter) {
  const path = pipeline ? `pipelines/${part(pipeline)}/runs` : 'runs';
  return list<t.RunRow>(
    ['runs', { pipeline: pipeline ?? null, state: state ?? null }],
    path,
    state ? { state } : {},
  );
}

function one<T>(key: readonly unknown[], path: string) {
  return queryOptions({ queryKey: key, queryFn: ({ signal }) => get<T>(path, signal) });
}

/** Every query of the page; the keys are what live.ts writes to. */
export const q = {
  overview: () => one<t.Overview>(['overview'], 'overview'),
  pipelines: () => one<t.Page<t.Pipeline>>(['pipelines'], `pipelines${query({ limit: 1000 })}`),
  pipeline: (name: string) => one<t.Pipeline>(['pipeline', name], `pipelines/${part(name)}`),
  runs,
  run: (id: number) => one<t.Run>(['run', id], `runs/${id}`),
  tasks,
  graph: (run: number) => one<t.Graph>(['graph', run], `runs/${run}/graph?limit=1500`),
  task: (id: string) => one<t.Task>(['task', id], `tasks/${part(id)}`),
  why: (id: string) => one<t.Why>(['why', id], `tasks/${part(id)}/why`),
  attempts: (id: string) => one<t.Page<t.Attempt>>(['attempts', id], `tasks/${part(id)}/attempts`),
  dependencies: (id: string) =>
    list<t.TaskName>(['names', id, 'dependencies'], `tasks/${part(id)}/dependencies`, {}),
  dependents: (id: string) =>
    list<t.TaskName>(['names', id, 'dependents'], `tasks/${part(id)}/dependents`, {}),
  workers: () => one<t.Page<t.Worker>>(['workers'], `workers${query({ limit: 1000 })}`),
  pools: () => one<t.Page<t.Pool>>(['pools'], 'pools'),
};
