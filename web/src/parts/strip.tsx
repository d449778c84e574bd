// A pipeline's last runs, one bar each: its height is the duration, its colour and sign the state.
import { Link } from '@tanstack/react-router';
import type { RunMark } from '../api/types';
import { interval, runWords, span } from './words';

function describe({ id, interval_start, state, duration_s }: RunMark): string {
  const what = interval_start === null ? `Run ${id}` : interval(interval_start);
  const took = duration_s === null ? '' : `, ${span(duration_s)}`;
  return `${what}: ${runWords[state].toLowerCase()}${took}`;
}

export function Strip({ runs, tall = false }: { runs: RunMark[]; tall?: boolean }) {
  if (runs.length === 0) return <span className="muted">no runs yet</span>;
  const longest = Math.max(0.001, ...runs.map(({ duration_s }) => duration_s ?? 0));
  return (
    <span className={tall ? 'strip tall' : 'strip'}>
      {runs
        .toSorted((a, b) => (a.interval_start ?? a.id) - (b.interval_start ?? b.id))
        .map((run) => (
          <Link
            key={run.id}
            to="/runs/$id"
            params={{ id: String(run.id) }}
            title={describe(run)}
            aria-label={describe(run)}
            data-state={run.state}
          >
            <i style={{ height: `${20 + (80 * (run.duration_s ?? longest / 2)) / longest}%` }} />
          </Link>
        ))}
    </span>
  );
}
