// One pipeline: what it is, its last runs at a glance, all its runs.
import { useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { Pause, Play } from 'lucide-react';
import { actions } from '../api/actions';
import { q } from '../api/client';
import { useTopic } from '../api/live';
import { RUN_STATES, type Pipeline } from '../api/types';
import { Act } from '../parts/act';
import { Chips } from '../parts/chips';
import { Facts, Head, Section } from '../parts/page';
import { RunTable } from '../parts/run-table';
import { Paused } from '../parts/state';
import { Strip } from '../parts/strip';
import { When } from '../parts/time';
import { runWords } from '../parts/words';

const route = getRouteApi('/pipelines/$name');

/** How many missed intervals are made up for; the wire says -1 for all. */
function catchupWords(catchup: Pipeline['catchup']): string {
  if (catchup === -1 || catchup === 'all') return 'all';
  return catchup === 0 || catchup === null ? 'none' : `the newest ${catchup}`;
}

export function PipelineView() {
  const { name } = route.useParams();
  const { state } = route.useSearch();
  const navigate = route.useNavigate();
  const { data: pipeline } = useSuspenseQuery(q.pipeline(name));
  useTopic(`pipeline/${name}`);
  const params = Object.entries(pipeline.params).map(([key, value]) => `${key}=${value}`);
  return (
    <>
      <Head
        title={name}
        above={<Link to="/pipelines">Pipelines</Link>}
        beside={pipeline.paused ? <Paused /> : null}
        actions={
          pipeline.paused ? (
            <Act
              label="Resume"
              icon={<Play size={12} aria-hidden />}
              action={actions.resume(name)}
              variant="filled"
            />
          ) : (
            <Act
              label="Pause"
              icon={<Pause size={12} aria-hidden />}
              action={actions.pause(name)}
              ask={
                <p>
                  No new runs of <b>{name}</b> are made until it is resumed; runs that are there go
                  on.
                </p>
              }
            />
          )
        }
      />
      <Facts
        of={[
          ['Next due', pipeline.paused ? null : <When key="due" at={pipeline.next_due_at} exact />],
          ['Schedule', pipeline.schedule ? <code key="s">{pipeline.schedule}</code> : 'by hand'],
          ['Time zone', pipeline.timezone],
          ['Catch-up', catchupWords(pipeline.catchup)],
          ['Task', <code key="t">{`${pipeline.module}.${pipeline.family}`}</code>],
          ['Parameters', params.length > 0 ? <code key="p">{params.join(' ')}</code> : null],
          ['Pool', pipeline.pool],
          ['Weight', pipeline.weight],
          ['Unit', pipeline.unit === 'task' ? null : pipeline.unit],
        ]}
      />
      <Section title="Last runs" note="height: how long it took">
        <Strip runs={pipeline.runs} tall />
      </Section>
      <Chips
        label="State of the run"
        all={RUN_STATES}
        value={state}
        words={runWords}
        counts={pipeline.counts_of_runs}
        onChange={(value) =>
          void navigate({ search: value ? { state: value } : {}, replace: true })
        }
      />
      <RunTable filter={{ pipeline: name, state }} empty="No such run." />
    </>
  );
}
