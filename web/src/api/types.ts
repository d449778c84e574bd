// What /v1 answers (docs/protocol.md), as far as the page reads it. Times are epoch milliseconds,
// spans that end in _s are seconds. Nothing here is computed by the page.

export const PHASES = [
  'running',
  'ready',
  'waiting',
  'external',
  'retrying',
  'blocked',
  'disabled',
  'unknown',
  'done',
] as const;
export type Phase = (typeof PHASES)[number];

export const RUN_STATES = ['queued', 'planning', 'running', 'done', 'failed', 'cancelled'] as const;
export type RunState = (typeof RUN_STATES)[number];

export type Counts = Partial<Record<Phase, number>>;
export type RunCounts = Partial<Record<RunState, number>>;

/** Every answer says which journal commit it shows. */
export interface Answer {
  at: number;
}

export interface Page<Row> extends Answer {
  items: Row[];
  next: string | null;
}

export interface TaskError {
  type?: string;
  message?: string;
  traceback?: string;
  where?: string;
}

export interface RunningTask {
  task: string;
  family: string;
  label: string;
  worker: string | null;
  pool: string | null;
  since: number;
  progress: number | null;
  status_message: string | null;
}

export interface ErrorGroup {
  signature: string;
  exception: string;
  message: string;
  count: number;
  sample_task: string;
  sample_attempt: number | null;
  last_at: number;
}

export interface Overview extends Answer {
  counts: Counts;
  runs: RunCounts;
  due_runs: number;
  running: RunningTask[];
  errors: ErrorGroup[];
  next: { pipeline: string; at: number }[];
  queued_by_pool: Record<string, number>;
  rate_per_min: number;
  workers: number;
  uptime_s: number;
  version: string;
}

export interface RunMark {
  id: number;
  interval_start: number | null;
  state: RunState;
  duration_s: number | null;
}

export interface Pipeline {
  name: string;
  module: string;
  family: string;
  params: Record<string, string>;
  schedule: string | null;
  timezone: string | null;
  next_due_at: number | null;
  catchup: string | number | null;
  paused: boolean;
  weight: number;
  unit: string;
  pool: string | null;
  runs: RunMark[];
  counts_of_runs: RunCounts;
}

export interface RunRow {
  id: number;
  pipeline: string;
  interval_start: number | null;
  interval_end: number | null;
  trigger: string;
  state: RunState;
  root: string | null;
  created_at: number;
  started_at: number | null;
  ended_at: number | null;
  counts: Counts;
  error: TaskError | null;
}

export interface Run extends RunRow, Answer {
  module: string;
  family: string;
  params: Record<string, string>;
  previous_run: number | null;
  next_run: number | null;
}

/** A task as lists of dependencies and graphs name it. */
export interface TaskName {
  id: string;
  family: string;
  label: string;
  status: string;
  phase: Phase;
}

export interface TaskRow extends TaskName {
  pipeline: string | null;
  run: number | null;
  pool: string | null;
  worker: string | null;
  created_at: number | null;
  updated_at: number | null;
  started_at: number | null;
  attempt: number | null;
  attempts: number;
  progress: number | null;
  status_message: string | null;
  tracking_url: string | null;
  retry_at: number | null;
  check_at: number | null;
  error_message: string | null;
}

export interface Task extends TaskRow, Answer {
  module: string;
  params: Record<string, string>;
  priority: number;
  resources: Record<string, number>;
  owners: string[] | null;
  deps_count: number;
  dependents_count: number;
  runs: number[];
  retry: {
    count: number | null;
    used: number;
    next_at: number | null;
    disabled_until: number | null;
  } | null;
  expl: string | null;
  error: TaskError | null;
  targets: [kind: string, uri: string][] | null;
}

export interface WhyPart {
  kind: string;
  text: string;
  task?: string | null;
  pool?: string | null;
  resource?: string | null;
  worker?: string | null;
  since?: number | null;
  until?: number | null;
  position?: number | null;
}

export interface Why {
  task: string;
  kind: string;
  words: string;
  parts: WhyPart[];
}

export interface Attempt {
  attempt: number;
  number: number;
  worker: string | null;
  host: string | null;
  pool: string | null;
  run: number | null;
  started_at: number | null;
  ended_at: number | null;
  outcome: string | null;
  error: TaskError | null;
  exit_code: number | null;
  signal: number | null;
  cpu_s: number | null;
  max_rss_kb: number | null;
  log_bytes: number | null;
}

export interface Graph extends Answer {
  nodes: TaskName[];
  edges: [from: number, to: number][];
  cut: { nodes: number; edges: number };
}

export interface Worker {
  worker: string;
  kind: 'headrace' | 'luigi';
  host: string | null;
  pid: number | null;
  pools: string[];
  slots: number;
  busy: number;
  draining: boolean;
  started_at: number | null;
  last_seen_at: number | null;
  state: 'active' | 'disabled';
  running: { task: string; attempt: number; since: number }[];
  tasks_done: number;
  version: string | null;
}

export interface Pool {
  name: string;
  slots: number | null;
  busy: number;
  ready: number;
  families: string[];
  workers: number;
}

/** One message of GET /v1/events: what it is about, with its new values. */
export interface LiveEvent {
  kind: string;
  commit: number;
  data: Record<string, unknown>;
}
