// Who does the work: workers with what they run, pools with what waits for them.
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { q } from '../api/client';
import type { Pool, Worker } from '../api/types';
import { Head, Nothing, Section } from '../parts/page';
import { Took, When } from '../parts/time';
import { familyOf, number } from '../parts/words';

/** Slots as squares where they can be counted at a glance, as a number where they cannot. */
function Slots({ busy, slots }: { busy: number; slots: number | null }) {
  const words = slots === null ? `${busy} busy` : `${busy} of ${slots} slots busy`;
  if (slots === null || slots > 24) return <span className="nowrap">{words}</span>;
  return (
    <span className="slots" role="img" aria-label={words} title={words}>
      {Array.from({ length: slots }, (_, i) => (
        <i key={i} data-busy={i < busy} />
      ))}
      <b>
        {busy}/{slots}
      </b>
    </span>
  );
}

function RunningTasks({ running }: { running: Worker['running'] }) {
  if (running.length === 0) return <span className="muted">idle</span>;
  return (
    <ul className="plain">
      {running.slice(0, 8).map(({ task, attempt, since }) => (
        <li key={attempt}>
          <Link to="/tasks/$id" params={{ id: task }}>
            {familyOf(task)}
          </Link>{' '}
          <span className="muted">
            <Took from={since} />
          </span>
        </li>
      ))}
      {running.length > 8 ? <li className="muted">and {running.length - 8} more</li> : null}
    </ul>
  );
}

function stateWords({ state, draining, kind }: Worker): string {
  if (state === 'disabled') return 'disabled';
  if (draining) return 'draining';
  return kind === 'luigi' ? 'active, stock Luigi' : 'active';
}

function WorkerRow({ worker }: { worker: Worker }) {
  return (
    <tr>
      <th scope="row">
        <Link to="/tasks" search={{ worker: worker.worker }} className="break">
          {worker.worker}
        </Link>
        <div className="muted small">
          {[worker.host, worker.pid ? `pid ${worker.pid}` : '', worker.version]
            .filter(Boolean)
            .join(' · ')}
        </div>
      </th>
      <td data-label="State">
        {stateWords(worker)}
        <div className="muted small">
          seen <When at={worker.last_seen_at} />
        </div>
      </td>
      <td data-label="Pools">{worker.pools.join(', ')}</td>
      <td data-label="Slots">
        <Slots busy={worker.busy} slots={worker.slots} />
      </td>
      <td data-label="Running">
        <RunningTasks running={worker.running} />
      </td>
      <td data-label="Done" className="end">
        {number(worker.tasks_done)}
      </td>
    </tr>
  );
}

function PoolRow({ pool }: { pool: Pool }) {
  return (
    <tr>
      <th scope="row">
        <Link to="/tasks" search={{ pool: pool.name }}>
          {pool.name}
        </Link>
      </th>
      <td data-label="Slots">
        <Slots busy={pool.busy} slots={pool.slots} />
      </td>
      <td data-label="Ready">{number(pool.ready)}</td>
      <td data-label="Workers">{number(pool.workers)}</td>
      <td data-label="Families">
        {pool.families.length > 0 ? (
          <code>{pool.families.join(' ')}</code>
        ) : (
          <span className="muted">every family</span>
        )}
      </td>
    </tr>
  );
}

const heads = (names: string[]) => (
  <thead>
    <tr>
      {names.map((name) => (
        <th key={name} scope="col">
          {name}
        </th>
      ))}
    </tr>
  </thead>
);

export function WorkersView() {
  const { data: workers } = useSuspenseQuery(q.workers());
  const { data: pools } = useQuery(q.pools());
  return (
    <>
      <Head title="Workers and pools" />
      <Section title="Pools">
        <table className="table">
          {heads(['Pool', 'Slots', 'Ready', 'Workers', 'Families'])}
          <tbody>
            {pools?.items.map((pool) => (
              <PoolRow key={pool.name} pool={pool} />
            ))}
          </tbody>
        </table>
        {pools?.items.length === 0 ? <Nothing>No pool.</Nothing> : null}
      </Section>
      <Section title="Workers">
        {workers.items.length === 0 ? (
          <Nothing>
            No worker is here, so nothing runs. <code>headrace worker</code> starts one.
          </Nothing>
        ) : (
          <table className="table">
            {heads(['Worker', 'State', 'Pools', 'Slots', 'Running', 'Done'])}
            <tbody>
              {workers.items.map((worker) => (
                <WorkerRow key={worker.worker} worker={worker} />
              ))}
            </tbody>
          </table>
        )}
      </Section>
    </>
  );
}
