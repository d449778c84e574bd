// Runs as rows: of a pipeline, or of all.
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { q, type RunFilter } from '../api/client';
import type { RunRow } from '../api/types';
import { CountsBar } from './counts';
import { Nothing, Wrong } from './page';
import { Rows } from './rows';
import { RunBadge } from './state';
import { Took, When } from './time';
import { interval } from './words';

const nameOf = (run: RunRow): string =>
  run.interval_start === null ? (run.root ?? `run ${run.id}`) : interval(run.interval_start);

function cellsOf(run: RunRow, withPipeline: boolean) {
  const cells = [
    <RunBadge key="state" state={run.state} />,
    <Link key="name" to="/runs/$id" params={{ id: String(run.id) }} title={run.root ?? undefined}>
      {nameOf(run)}
    </Link>,
    <CountsBar key="counts" counts={run.counts} />,
    <When key="when" at={run.started_at ?? run.created_at} />,
    <Took key="took" from={run.started_at} to={run.ended_at} />,
    <span key="trigger" className="muted">
      {run.trigger}
    </span>,
  ];
  if (withPipeline) {
    cells.splice(
      2,
      0,
      run.pipeline ? (
        <Link key="pipeline" to="/pipelines/$name" params={{ name: run.pipeline }}>
          {run.pipeline}
        </Link>
      ) : (
        <span key="pipeline" className="muted">
          ad hoc
        </span>
      ),
    );
  }
  return cells;
}

export function RunTable({ filter, empty }: { filter: RunFilter; empty: string }) {
  const list = useInfiniteQuery({
    ...q.runs(filter),
    placeholderData: (before) => before,
  });
  const rows = useMemo(() => list.data?.pages.flatMap(({ items }) => items) ?? [], [list.data]);
  const withPipeline = filter.pipeline === undefined;
  if (list.error && rows.length === 0) {
    return <Wrong error={list.error} again={() => void list.refetch()} />;
  }
  if (rows.length === 0) return <Nothing>{list.isPending ? 'Reading…' : empty}</Nothing>;
  const columns = ['State', 'Run', 'Tasks', 'Started', 'Took', 'Trigger'];
  if (withPipeline) columns.splice(2, 0, 'Pipeline');
  return (
    <Rows
      label="Runs"
      kind={withPipeline ? 'run-rows with-pipeline' : 'run-rows'}
      columns={columns}
      rows={rows}
      rowKey={(run) => run.id}
      cells={(run) => cellsOf(run, withPipeline)}
      isEnd={!list.hasNextPage}
      isReading={list.isFetching}
      readMore={() => void list.fetchNextPage()}
    />
  );
}
