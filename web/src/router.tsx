// The page's addresses. What a view shows is in its address, so that it can be sent to somebody.
// A loader watches first and reads then, so that nothing falls between.
import type { QueryExecuteOptions, QueryKey } from '@tanstack/react-query';
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from '@tanstack/react-router';
import { basePath } from './api/base';
import { client, q } from './api/client';
import { watching } from './api/live';
import { PHASES, RUN_STATES } from './api/types';
import { Head, Nothing, WrongView } from './parts/page';
import { Shell } from './shell';

type Given = Record<string, unknown>;

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== ''
    ? value
    : typeof value === 'number'
      ? `${value}`
      : undefined;

function oneOf<Value extends string>(value: unknown, all: readonly Value[]): Value | undefined {
  return all.find((one) => one === value);
}

/** Only what is set, so that an address says no more than it must. */
function set<Fields extends object>(fields: Fields): Partial<Fields> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Partial<Fields>;
}

function NotFound() {
  return (
    <>
      <Head title="No such page" />
      <Nothing>There is nothing under this address.</Nothing>
    </>
  );
}

/** Reads what a view cannot be without; what is known already is shown at once. */
const readOnce = <T, K extends QueryKey>(options: QueryExecuteOptions<T, Error, T, T, K>) =>
  client.query({ ...options, staleTime: 'static' });

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  loader: async () => {
    await watching(['counts']);
    await readOnce(q.overview());
  },
  component: lazyRouteComponent(() => import('./views/home'), 'HomeView'),
});

const pipelines = createRoute({
  getParentRoute: () => root,
  path: '/pipelines',
  loader: async () => {
    await watching(['counts']);
    await readOnce(q.pipelines());
  },
  component: lazyRouteComponent(() => import('./views/pipelines'), 'PipelinesView'),
});

const pipeline = createRoute({
  getParentRoute: () => root,
  path: '/pipelines/$name',
  validateSearch: (given: Given) => set({ state: oneOf(given['state'], RUN_STATES) }),
  loader: async ({ params: { name } }) => {
    await watching(['counts', `pipeline/${name}`]);
    await readOnce(q.pipeline(name));
  },
  component: lazyRouteComponent(() => import('./views/pipeline'), 'PipelineView'),
});

const runs = createRoute({
  getParentRoute: () => root,
  path: '/runs',
  validateSearch: (given: Given) =>
    set({ state: oneOf(given['state'], RUN_STATES), pipeline: text(given['pipeline']) }),
  loader: () => watching(['counts']),
  component: lazyRouteComponent(() => import('./views/runs'), 'RunsView'),
});

const run = createRoute({
  getParentRoute: () => root,
  path: '/runs/$id',
  validateSearch: (given: Given) =>
    set({
      view: oneOf(given['view'], ['table', 'graph'] as const),
      phase: oneOf(given['phase'], PHASES),
      q: text(given['q']),
    }),
  loader: async ({ params: { id } }) => {
    await watching(['counts', `run/${id}`]);
    await readOnce(q.run(Number(id)));
  },
  component: lazyRouteComponent(() => import('./views/run'), 'RunView'),
});

const tasks = createRoute({
  getParentRoute: () => root,
  path: '/tasks',
  validateSearch: (given: Given) =>
    set({
      phase: oneOf(given['phase'], PHASES),
      pipeline: text(given['pipeline']),
      family: text(given['family']),
      pool: text(given['pool']),
      worker: text(given['worker']),
      q: text(given['q']),
      find: given['find'] === true ? true : undefined,
    }),
  loader: () => watching(['counts']),
  component: lazyRouteComponent(() => import('./views/tasks'), 'TasksView'),
});

const taskTabs = ['log', 'attempts', 'dependencies', 'dependents', 'details'] as const;
export type TaskTab = (typeof taskTabs)[number];

const task = createRoute({
  getParentRoute: () => root,
  path: '/tasks/$id',
  validateSearch: (given: Given) =>
    set({
      tab: oneOf(given['tab'], taskTabs),
      attempt: typeof given['attempt'] === 'number' ? given['attempt'] : undefined,
    }),
  loader: async ({ params: { id } }) => {
    await watching(['counts', `task/${id}`]);
    await readOnce(q.task(id));
  },
  component: lazyRouteComponent(() => import('./views/task'), 'TaskView'),
});

const workers = createRoute({
  getParentRoute: () => root,
  path: '/workers',
  loader: async () => {
    await watching(['counts']);
    await readOnce(q.workers());
  },
  component: lazyRouteComponent(() => import('./views/workers'), 'WorkersView'),
});

export const router = createRouter({
  routeTree: root.addChildren([home, pipelines, pipeline, runs, run, tasks, task, workers]),
  basepath: basePath,
  defaultErrorComponent: WrongView,
  defaultNotFoundComponent: NotFound,
  defaultPendingMs: 800,
  defaultPendingComponent: () => <p role="status">Reading…</p>,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
