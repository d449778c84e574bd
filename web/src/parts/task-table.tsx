// Tasks as rows: of a run, or all of them.
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { q, type TaskFilter } from '../api/client';
import type { TaskRow } from '../api/types';
import { Nothing, Wrong } from './page';
import { Rows } from './rows';
import { PhaseBadge } from './state';
import { Took, When } from './time';
import { firstOf } from './words';

function Name({ task }: { task: TaskRow }) {
  return (
    <span className="task-name" title={`${task.family} ${task.label}`}>
      <Link to="/tasks/$id" params={{ id: task.id }}>
        {task.family}
      </Link>{' '}
      <span className="muted label">{task.label}</span>
    </span>
  );
}

/** What is worth knowing about a task in this phase, in a few words. */
function Note({ task }: { task: TaskRow }) {
  if (task.phase === 'running') {
    const progress = task.progress === null ? '' : `${task.progress} % `;
    return <>{firstOf((progress + (task.status_message ?? '')).trim(), task.worker)}</>;
  }
  if (task.phase === 'retrying' && task.retry_at) {
    return (
      <>
        again <When at={task.retry_at} />: {task.error_message}
      </>
    );
  }
  if (task.phase === 'external' && task.check_at) {
    return (
      <>
        looked for again <When at={task.check_at} />
      </>
    );
  }
  return <>{firstOf(task.error_message, task.worker)}</>;
}

const runningPhases = new Set(['running']);

function Duration({ task }: { task: TaskRow }) {
  if (task.started_at === null) return <span className="muted">—</span>;
  const isOver = !runningPhases.has(task.phase);
  return <Took from={task.started_at} to={isOver ? task.updated_at : null} />;
}

function cellsOf(task: TaskRow, withRun: boolean) {
  const cells = [
    <PhaseBadge key="phase" phase={task.phase} />,
    <Name key="name" task={task} />,
    <span key="note" className="muted" title={firstOf(task.error_message)}>
      <Note task={task} />
    </span>,
    <When key="when" at={task.started_at} />,
    <Duration key="took" task={task} />,
    <span key="attempts">{task.attempts > 0 ? task.attempts : ''}</span>,
  ];
  if (withRun) cells.splice(2, 0, <RunLink key="run" task={task} />);
  return cells;
}

function RunLink({ task }: { task: TaskRow }) {
  if (task.run === null) return <span className="muted">{task.pipeline ?? '—'}</span>;
  return (
    <Link to="/runs/$id" params={{ id: String(task.run) }}>
      {task.pipeline ? `${task.pipeline} ${task.run}` : `run ${task.run}`}
    </Link>
  );
}

export function TaskTable({ filter, empty }: { filter: TaskFilter; empty: string }) {
  const list = useInfiniteQuery({
    ...q.tasks(filter),
    placeholderData: (before) => before,
  });
  const rows = useMemo(() => list.data?.pages.flatMap(({ items }) => items) ?? [], [list.data]);
  const withRun = filter.run === undefined;
  if (list.error && rows.length === 0) {
    return <Wrong error={list.error} again={() => void list.refetch()} />;
  }
  if (rows.length === 0) return <Nothing>{list.isPending ? 'Reading…' : empty}</Nothing>;
  const columns = ['State', 'Task', 'Note', 'Started', 'Took', 'Tries'];
  if (withRun) columns.splice(2, 0, 'Run');
  return (
    <Rows
      label="Tasks"
      kind={withRun ? 'task-rows with-run' : 'task-rows'}
      columns={columns}
      rows={rows}
      rowKey={(task) => task.id}
      cells={(task) => cellsOf(task, withRun)}
      isEnd={!list.hasNextPage}
      isReading={list.isFetching}
      readMore={() => void list.fetchNextPage()}
    />
  );
}
