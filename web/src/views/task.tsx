// One task: why it is where it is, what went wrong, its log while it is written, its attempts, what
// it needs and what needs it.
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { Check, ExternalLink, RotateCw, Square } from 'lucide-react';
import { actions } from '../api/actions';
import { q } from '../api/client';
import { useTopic } from '../api/live';
import type { Attempt, Task } from '../api/types';
import { Act } from '../parts/act';
import { Attempts } from '../parts/attempts';
import { Names } from '../parts/names';
import { Facts, Head, Nothing, Wrong } from '../parts/page';
import { PhaseBadge } from '../parts/state';
import { Tabs } from '../parts/tabs';
import { When } from '../parts/time';
import { LogView } from '../parts/log';
import { Traceback } from '../parts/traceback';
import { WhyCard } from '../parts/why';
import type { TaskTab } from '../router';

const route = getRouteApi('/tasks/$id');

/** Where a retry changes something: what waits, waits for others. */
const retryable = ['disabled', 'retrying', 'unknown', 'done'];

function TaskActions({ task }: { task: Task }) {
  const name = task.family;
  const isRunning = task.phase === 'running';
  return (
    <>
      {isRunning ? (
        <Act
          label="Cancel"
          icon={<Square size={11} aria-hidden />}
          action={actions.cancelTask(task.id, name)}
          ask={
            <p>
              The attempt of <b>{name}</b> that runs now is ended, with all its processes.
            </p>
          }
        />
      ) : null}
      {task.phase === 'done' ? null : (
        <Act
          label="Mark done"
          icon={<Check size={13} aria-hidden />}
          action={actions.markDone(task.id, name)}
          ask={
            <p>
              <b>{name}</b> counts as done from now on, without being run, and what waits for it
              starts. A task that looks for this one’s output before it runs still needs it there.
            </p>
          }
        />
      )}
      {retryable.includes(task.phase) ? (
        <Act
          label={task.phase === 'done' ? 'Run again' : 'Retry'}
          icon={<RotateCw size={12} aria-hidden />}
          action={actions.retryTask(task.id, name)}
          variant={task.phase === 'done' ? 'default' : 'filled'}
        />
      ) : null}
    </>
  );
}

function Above({ task }: { task: Task }) {
  return (
    <>
      {task.pipeline ? (
        <Link to="/pipelines/$name" params={{ name: task.pipeline }}>
          {task.pipeline}
        </Link>
      ) : (
        <Link to="/tasks">Tasks</Link>
      )}
      {task.run === null ? null : (
        <Link to="/runs/$id" params={{ id: String(task.run) }}>
          run {task.run}
        </Link>
      )}
    </>
  );
}

/** Only to where a browser may be sent: a task can write anything there. */
const isWebAddress = (url: string): boolean => /^https?:\/\//i.test(url);

function Progress({ task }: { task: Task }) {
  if (task.phase !== 'running') return null;
  if (task.progress === null && !task.status_message && !task.tracking_url) return null;
  return (
    <div className="progress-row">
      {task.progress === null ? null : (
        <>
          <progress max={100} value={task.progress} aria-label="Progress" />
          <b>{task.progress} %</b>
        </>
      )}
      <span className="muted">{task.status_message}</span>
      {task.tracking_url && isWebAddress(task.tracking_url) ? (
        <a href={task.tracking_url} target="_blank" rel="noreferrer">
          Tracking page <ExternalLink size={12} aria-hidden />
        </a>
      ) : null}
    </div>
  );
}

function Details({ task }: { task: Task }) {
  const params = Object.entries(task.params);
  const resources = Object.entries(task.resources).map(([name, n]) => `${name}: ${n}`);
  return (
    <div className="card">
      <Facts
        of={[
          [
            'Id',
            <code key="id" className="break">
              {task.id}
            </code>,
          ],
          ['Module', <code key="m">{task.module}</code>],
          ...params.map(([name, value]): [string, string] => [name, value || '(empty)']),
          ['Priority', task.priority],
          ['Pool', task.pool],
          ['Resources', resources.join(', ')],
          ['Owners', task.owners?.join(', ')],
          [
            'Targets',
            task.targets?.length ? (
              <ul key="targets" className="plain">
                {task.targets.map(([kind, uri]) => (
                  <li key={uri}>
                    <span className="muted">{kind}</span> <code className="break">{uri}</code>
                  </li>
                ))}
              </ul>
            ) : null,
          ],
          ['First seen', <When key="c" at={task.created_at} exact />],
          ['Changed', <When key="u" at={task.updated_at} exact />],
        ]}
      />
    </div>
  );
}

interface LogTabProps {
  attempts: Attempt[];
  chosen: Attempt | undefined;
  tab: (attempt: number) => object;
}

function LogTab({ attempts, chosen, tab }: LogTabProps) {
  if (!chosen) return <Nothing>It has not run yet, so there is no log.</Nothing>;
  return (
    <>
      {attempts.length > 1 ? (
        <nav className="attempt-links" aria-label="Attempt">
          {attempts.slice(0, 12).map(({ attempt, number: nth, outcome }) => (
            <Link
              key={attempt}
              to="."
              search={tab(attempt)}
              replace
              aria-current={attempt === chosen.attempt ? 'page' : undefined}
            >
              {nth}. {outcome?.replace('_', ' ') ?? 'running'}
            </Link>
          ))}
        </nav>
      ) : null}
      <LogView key={chosen.attempt} attempt={chosen.attempt} isRunning={chosen.outcome === null} />
    </>
  );
}

function TaskBody({ task, attempts }: { task: Task; attempts: Attempt[] | undefined }) {
  const { tab = 'log', attempt } = route.useSearch();
  const chosen = attempts?.find((one) => one.attempt === attempt) ?? attempts?.[0];
  const tabs: { value: TaskTab; name: string; note?: number }[] = [
    { value: 'log', name: 'Log' },
    { value: 'attempts', name: 'Attempts', note: attempts?.length ?? task.attempts },
    { value: 'dependencies', name: 'Dependencies', note: task.deps_count },
    { value: 'dependents', name: 'Dependents', note: task.dependents_count },
    { value: 'details', name: 'Details' },
  ];
  return (
    <>
      <Tabs
        label="About this task"
        value={tab}
        tabs={tabs}
        search={(value) => ({ tab: value, ...(attempt ? { attempt } : {}) })}
      />
      {tab === 'log' && attempts ? (
        <LogTab attempts={attempts} chosen={chosen} tab={(one) => ({ tab: 'log', attempt: one })} />
      ) : null}
      {tab === 'attempts' && attempts ? <Attempts attempts={attempts} /> : null}
      {tab === 'dependencies' ? (
        <Names of={q.dependencies(task.id)} empty="It needs no other task." />
      ) : null}
      {tab === 'dependents' ? <Names of={q.dependents(task.id)} empty="No task needs it." /> : null}
      {tab === 'details' ? <Details task={task} /> : null}
    </>
  );
}

/** The error that is shown above all: the task's own, else that of the attempt looked at. */
function errorOf(task: Task, attempts: Attempt[] | undefined, chosen: number | undefined) {
  const attempt = attempts?.find((one) => one.attempt === chosen);
  if (attempt?.error) return attempt.error;
  if (['done', 'running'].includes(task.phase)) return null;
  if (task.error) return task.error;
  const last = attempts?.[0]?.error ?? null;
  if (last) return last;
  return task.expl ? { message: task.expl } : null;
}

export function TaskView() {
  const { id } = route.useParams();
  const { attempt } = route.useSearch();
  const { data: task } = useSuspenseQuery(q.task(id));
  const isSettled = task.phase === 'done';
  // The words tell times ("in 12 min"), which no event brings.
  const why = useQuery({ ...q.why(id), refetchInterval: isSettled ? false : 15_000 });
  const attempts = useQuery(q.attempts(id));
  useTopic(`task/${id}`);
  const error = errorOf(task, attempts.data?.items, attempt);
  return (
    <>
      <Head
        title={task.family}
        above={<Above task={task} />}
        beside={
          <>
            {task.label ? <code className="params">{task.label}</code> : null}
            <PhaseBadge phase={task.phase} />
          </>
        }
        actions={<TaskActions task={task} />}
      />
      {why.data ? <WhyCard why={why.data} /> : null}
      <Progress task={task} />
      {error ? <Traceback error={error} /> : null}
      {attempts.error && !attempts.data ? <Wrong error={attempts.error} /> : null}
      <TaskBody task={task} attempts={attempts.data?.items} />
    </>
  );
}
