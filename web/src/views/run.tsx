// One run: how far it is, its tasks as a table or as a graph.
import { TextInput } from '@mantine/core';
import { useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { ChevronLeft, ChevronRight, RotateCw, Search } from 'lucide-react';
import { lazy, Suspense, useEffect, useState } from 'react';
import { actions } from '../api/actions';
import { q } from '../api/client';
import { useTopic } from '../api/live';
import { PHASES, type Phase, type Run } from '../api/types';
import { Act } from '../parts/act';
import { Chips } from '../parts/chips';
import { CountsBar } from '../parts/counts';
import { Facts, Head } from '../parts/page';
import { RunBadge } from '../parts/state';
import { Tabs } from '../parts/tabs';
import { TaskTable } from '../parts/task-table';
import { Took, When } from '../parts/time';
import { Traceback } from '../parts/traceback';
import { interval, phaseWords } from '../parts/words';

const RunGraph = lazy(() => import('./run-graph'));
const route = getRouteApi('/runs/$id');
const words = Object.fromEntries(PHASES.map((phase) => [phase, phaseWords[phase].word])) as Record<
  Phase,
  string
>;

const isOver = ({ state }: Run): boolean => ['done', 'failed', 'cancelled'].includes(state);

function RunActions({ run }: { run: Run }) {
  return (
    <>
      {isOver(run) ? null : (
        <Act
          label="Cancel run"
          action={actions.cancelRun(run.id)}
          ask={<p>What runs for this run is ended, and nothing more of it is started.</p>}
        />
      )}
      <Act
        label="Retry run"
        icon={<RotateCw size={12} aria-hidden />}
        action={actions.retryRun(run.id)}
        variant={run.state === 'failed' ? 'filled' : 'default'}
        ask={
          <p>
            The run is planned again: what failed or is missing runs, with its failures forgiven.
            What is done stays done.
          </p>
        }
      />
    </>
  );
}

function Neighbour({ id, name }: { id: number | null; name: 'previous' | 'next' }) {
  const Icon = name === 'previous' ? ChevronLeft : ChevronRight;
  if (id === null) return null;
  return (
    <Link to="/runs/$id" params={{ id: String(id) }} aria-label={`The ${name} run`}>
      <Icon size={15} aria-hidden />
    </Link>
  );
}

function Above({ run }: { run: Run }) {
  return (
    <>
      {run.pipeline ? (
        <Link to="/pipelines/$name" params={{ name: run.pipeline }}>
          {run.pipeline}
        </Link>
      ) : (
        <Link to="/runs">Runs</Link>
      )}
      <span className="muted">run {run.id}</span>
      <Neighbour id={run.previous_run} name="previous" />
      <Neighbour id={run.next_run} name="next" />
    </>
  );
}

/** Text that becomes part of the address a moment after the last key. */
function Find({ value, onChange }: { value: string; onChange: (text: string) => void }) {
  const [text, setText] = useState(value);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => {
      onChange(text);
    }, 250);
    return () => {
      clearTimeout(timer);
    };
  }, [text, value, onChange]);
  return (
    <TextInput
      size="xs"
      className="find"
      aria-label="Find tasks of this run"
      placeholder="Family or parameter"
      leftSection={<Search size={13} aria-hidden />}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
      }}
    />
  );
}

export function RunView() {
  const id = Number(route.useParams().id);
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data: run } = useSuspenseQuery(q.run(id));
  useTopic(`run/${id}`);
  const view = search.view ?? 'table';
  const title =
    run.interval_start === null ? run.family || `Run ${id}` : interval(run.interval_start);
  const change = (fields: Partial<typeof search>): void =>
    void navigate({
      search: Object.fromEntries(
        Object.entries({ ...search, ...fields }).filter(([, value]) => value),
      ),
      replace: true,
    });
  return (
    <>
      <Head
        title={title}
        above={<Above run={run} />}
        beside={<RunBadge state={run.state} />}
        actions={<RunActions run={run} />}
      />
      <CountsBar counts={run.counts} label={`Tasks of run ${id}`} />
      <Facts
        of={[
          ['Started', run.started_at ? <When key="s" at={run.started_at} exact /> : null],
          ['Created', run.started_at ? null : <When key="c" at={run.created_at} exact />],
          ['Took', <Took key="t" from={run.started_at} to={run.ended_at} />],
          ['Trigger', run.trigger],
          [
            'Root',
            run.root ? (
              <Link key="r" to="/tasks/$id" params={{ id: run.root }}>
                {run.family}
              </Link>
            ) : (
              run.family
            ),
          ],
        ]}
      />
      {run.error ? <Traceback error={run.error} /> : null}
      <div className="tool-row">
        <Tabs
          label="View"
          value={view}
          tabs={[
            { value: 'table', name: 'Table' },
            { value: 'graph', name: 'Graph' },
          ]}
          search={(value) => ({ ...search, view: value })}
        />
        <Find
          key={id}
          value={search.q ?? ''}
          onChange={(text) => {
            change({ q: text });
          }}
        />
      </div>
      {view === 'graph' ? (
        <Suspense fallback={<p role="status">Reading…</p>}>
          <RunGraph run={id} find={search.q ?? ''} />
        </Suspense>
      ) : (
        <>
          <Chips
            label="Phase of the task"
            all={PHASES}
            value={search.phase}
            words={words}
            counts={run.counts}
            onChange={(phase) => {
              change({ phase });
            }}
          />
          <TaskTable
            filter={{ run: id, phase: search.phase, q: search.q }}
            empty={search.phase || search.q ? 'No task of this run is so.' : 'Not planned yet.'}
          />
        </>
      )}
    </>
  );
}
