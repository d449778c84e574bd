// All pipelines: their last runs, their schedule, when they are due, whether they are paused.
import { useSuspenseQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { actions } from '../api/actions';
import { q } from '../api/client';
import type { Pipeline } from '../api/types';
import { Act } from '../parts/act';
import { Head, Nothing } from '../parts/page';
import { Paused } from '../parts/state';
import { Strip } from '../parts/strip';
import { When } from '../parts/time';

function Row({ pipeline }: { pipeline: Pipeline }) {
  const { name, paused } = pipeline;
  return (
    <tr>
      <th scope="row">
        <Link to="/pipelines/$name" params={{ name }}>
          {name}
        </Link>
        <div className="muted small">{pipeline.family}</div>
      </th>
      <td>
        <Strip runs={pipeline.runs} />
      </td>
      <td data-label="Schedule">
        {pipeline.schedule ? (
          <>
            <code>{pipeline.schedule}</code>{' '}
            <span className="muted small">{pipeline.timezone}</span>
          </>
        ) : (
          <span className="muted">by hand</span>
        )}
      </td>
      <td data-label="Next due">
        {paused ? <Paused /> : <When at={pipeline.next_due_at} exact />}
      </td>
      <td className="end">
        {paused ? (
          <Act label="Resume" action={actions.resume(name)} />
        ) : (
          <Act label="Pause" action={actions.pause(name)} />
        )}
      </td>
    </tr>
  );
}

export function PipelinesView() {
  const { data } = useSuspenseQuery(q.pipelines());
  return (
    <>
      <Head title="Pipelines" />
      {data.items.length === 0 ? (
        <Nothing>
          No pipeline is configured. One is a table in headrace.toml, <code>[pipelines.name]</code>,
          with its module, its task and its schedule.
        </Nothing>
      ) : (
        <div className="card flush">
          <table className="table pipelines">
            <thead>
              <tr>
                <th scope="col">Pipeline</th>
                <th scope="col">Last runs</th>
                <th scope="col">Schedule</th>
                <th scope="col">Next due</th>
                <th scope="col" className="end">
                  <span className="off-screen">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {data.items.map((pipeline) => (
                <Row key={pipeline.name} pipeline={pipeline} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}
