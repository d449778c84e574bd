// How things stand: what fails (grouped by error), what runs, what is due next.
import { useSuspenseQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { q } from '../api/client';
import { PHASES, RUN_STATES, type ErrorGroup, type Overview, type RunningTask } from '../api/types';
import { Head, Nothing, Section } from '../parts/page';
import { Sign } from '../parts/state';
import { Took, When } from '../parts/time';
import { familyOf, firstOf, number, phaseWords, plural, runWords, span } from '../parts/words';

function Phases({ counts }: { counts: Overview['counts'] }) {
  return (
    <ul className="phases" aria-label="Tasks by phase">
      {PHASES.map((phase) => (
        <li key={phase}>
          <Link
            to="/tasks"
            search={{ phase }}
            data-state={phase}
            data-none={!counts[phase]}
            title={phaseWords[phase].help}
          >
            <b>{number(counts[phase] ?? 0)}</b>
            <span>
              <Sign of={phase} />
              {phaseWords[phase].word}
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

function Failing({ errors }: { errors: ErrorGroup[] }) {
  const tasks = errors.reduce((sum, { count }) => sum + count, 0);
  const note = `${plural(tasks, 'task')}, ${plural(errors.length, 'error')}`;
  return (
    <Section title="Failing" note={errors.length > 0 ? note : undefined}>
      {errors.length === 0 ? <Nothing>Nothing fails.</Nothing> : null}
      <ul className="list">
        {errors.map((error) => (
          <li key={error.signature} className="error-row">
            <b className="times">{number(error.count)} ×</b>
            <div className="error-text">
              <code title={error.message}>
                <b>{error.exception}</b>
                {error.message ? `: ${error.message}` : ''}
              </code>
              <span className="muted small">
                last <When at={error.last_at} /> ·{' '}
                <Link
                  to="/tasks/$id"
                  params={{ id: error.sample_task }}
                  search={error.sample_attempt ? { attempt: error.sample_attempt } : {}}
                >
                  {familyOf(error.sample_task)}
                </Link>
              </span>
            </div>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Progress({ task }: { task: RunningTask }) {
  if (task.progress === null) return null;
  return <progress max={100} value={task.progress} aria-label={`Progress of ${task.family}`} />;
}

function Running({ tasks, total }: { tasks: RunningTask[]; total: number }) {
  return (
    <Section title="Running now" note={total > tasks.length ? `${tasks.length} of ${total}` : null}>
      {tasks.length === 0 ? <Nothing>No task runs.</Nothing> : null}
      <ul className="list">
        {tasks.map((task) => (
          <li key={task.task} className="running-row">
            <span className="ellipsis">
              <Link to="/tasks/$id" params={{ id: task.task }}>
                {task.family}
              </Link>{' '}
              <span className="muted label">{task.label}</span>
            </span>
            <span className="muted ellipsis running-where">
              <Progress task={task} /> {firstOf(task.status_message, task.worker)}
            </span>
            <Took from={task.since} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Runs({ runs, due }: { runs: Overview['runs']; due: number }) {
  return (
    <Section title="Runs" note={due > 0 ? `${number(due)} more due` : undefined}>
      <ul className="list lines">
        {RUN_STATES.filter((state) => runs[state]).map((state) => (
          <li key={state}>
            <span className="badge" data-state={state}>
              <Sign of={state} />
              {runWords[state]}
            </span>
            <Link to="/runs" search={{ state }} aria-label={`${runWords[state]} runs`}>
              {number(runs[state] ?? 0)}
            </Link>
          </li>
        ))}
      </ul>
      {RUN_STATES.some((state) => runs[state]) ? null : <Nothing>No run yet.</Nothing>}
    </Section>
  );
}

function Next({ next }: { next: Overview['next'] }) {
  return (
    <Section title="Due next">
      {next.length === 0 ? <Nothing>Nothing more is due.</Nothing> : null}
      <ul className="list lines">
        {next.map(({ pipeline, at }) => (
          <li key={pipeline}>
            <Link to="/pipelines/$name" params={{ name: pipeline }} className="ellipsis">
              {pipeline}
            </Link>
            <When at={at} exact />
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Load({ overview }: { overview: Overview }) {
  const pools = Object.entries(overview.queued_by_pool);
  return (
    <Section title="Load" note={<Link to="/workers">{plural(overview.workers, 'worker')}</Link>}>
      <ul className="list lines">
        <li>
          <span>Finished in the last minute</span>
          <b>{number(Math.round(overview.rate_per_min * 10) / 10)}</b>
        </li>
        {pools.map(([pool, queued]) => (
          <li key={pool}>
            <Link to="/workers" className="ellipsis">
              Queued in pool {pool}
            </Link>
            <b>{number(queued)}</b>
          </li>
        ))}
        <li className="muted small">
          <span>headrace {overview.version}</span>
          <span>up {span(Math.round(overview.uptime_s))}</span>
        </li>
      </ul>
    </Section>
  );
}

export function HomeView() {
  const { data } = useSuspenseQuery(q.overview());
  return (
    <>
      <Head title="Now" />
      <Phases counts={data.counts} />
      <div className="home">
        <div className="stack">
          <Failing errors={data.errors} />
          <Running tasks={data.running} total={data.counts.running ?? 0} />
        </div>
        <div className="stack">
          <Next next={data.next} />
          <Runs runs={data.runs} due={data.due_runs} />
          <Load overview={data} />
        </div>
      </div>
    </>
  );
}
