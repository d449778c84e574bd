// All runs, newest first.
import { getRouteApi } from '@tanstack/react-router';
import { RUN_STATES } from '../api/types';
import { Chips } from '../parts/chips';
import { Head } from '../parts/page';
import { RunTable } from '../parts/run-table';
import { runWords } from '../parts/words';

const route = getRouteApi('/runs');

export function RunsView() {
  const { state, pipeline } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <>
      <Head title="Runs" />
      <Chips
        label="State of the run"
        all={RUN_STATES}
        value={state}
        words={runWords}
        onChange={(value) =>
          void navigate({
            search: { ...(pipeline ? { pipeline } : {}), ...(value ? { state: value } : {}) },
            replace: true,
          })
        }
      />
      <RunTable
        filter={{ pipeline, state }}
        empty={state ? `No run is ${state}.` : 'No run yet.'}
      />
    </>
  );
}
