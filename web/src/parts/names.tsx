// Tasks by name and phase: what a task needs, or what needs it.
import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { q } from '../api/client';
import { Nothing, Wrong } from './page';
import { PhaseBadge } from './state';

interface NamesProps {
  of: ReturnType<typeof q.dependencies>;
  empty: string;
}

export function Names({ of, empty }: NamesProps) {
  const list = useInfiniteQuery(of);
  const names = list.data?.pages.flatMap(({ items }) => items) ?? [];
  if (list.error && names.length === 0) return <Wrong error={list.error} />;
  if (names.length === 0) return <Nothing>{list.isPending ? 'Reading…' : empty}</Nothing>;
  return (
    <div className="card">
      <ul className="list lines">
        {names.map(({ id, family, label, phase }) => (
          <li key={id}>
            <span className="ellipsis">
              <Link to="/tasks/$id" params={{ id }}>
                {family}
              </Link>{' '}
              <span className="muted label">{label}</span>
            </span>
            <PhaseBadge phase={phase} />
          </li>
        ))}
      </ul>
      {list.hasNextPage ? (
        <Button
          size="compact-xs"
          variant="default"
          loading={list.isFetching}
          onClick={() => void list.fetchNextPage()}
        >
          More
        </Button>
      ) : null}
    </div>
  );
}
