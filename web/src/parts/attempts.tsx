// A task's attempts: when, where, how each ended.
import { Link } from '@tanstack/react-router';
import type { Attempt, Phase, RunState } from '../api/types';
import { Nothing } from './page';
import { Sign } from './state';
import { Took, When } from './time';
import { bytes, span } from './words';

const outcomeWords: Record<string, { word: string; state: Phase | RunState }> = {
  done: { word: 'Done', state: 'done' },
  failed: { word: 'Failed', state: 'disabled' },
  new_dependencies: { word: 'Needs more tasks', state: 'waiting' },
  missing: { word: 'Dependencies missing', state: 'waiting' },
  returned: { word: 'Given back', state: 'cancelled' },
  lost: { word: 'Lost with its worker', state: 'retrying' },
  cancelled: { word: 'Cancelled', state: 'cancelled' },
};

function wordsOf(outcome: string | null): { word: string; state: Phase | RunState } {
  if (outcome === null) return { word: 'Running', state: 'running' };
  return outcomeWords[outcome] ?? { word: outcome, state: 'unknown' };
}

function Outcome({ attempt }: { attempt: Attempt }) {
  const { outcome, error, exit_code, signal } = attempt;
  const { word, state } = wordsOf(outcome);
  const how = signal ? `signal ${signal}` : exit_code ? `exit code ${exit_code}` : '';
  const what = [error?.type, error?.message].filter(Boolean).join(': ');
  return (
    <>
      <span className="badge" data-state={state}>
        <Sign of={state} />
        {word}
      </span>
      {what || how ? (
        <div className="error-line" title={what}>
          {[what, how].filter(Boolean).join(' · ')}
        </div>
      ) : null}
    </>
  );
}

function Row({ attempt }: { attempt: Attempt }) {
  return (
    <tr>
      <th scope="row">
        <Link to="." search={{ tab: 'log', attempt: attempt.attempt }}>
          {attempt.number}.
        </Link>
      </th>
      <td>
        <Outcome attempt={attempt} />
      </td>
      <td data-label="Started">
        <When at={attempt.started_at} exact />
      </td>
      <td data-label="Took">
        <Took from={attempt.started_at} to={attempt.ended_at} />
      </td>
      <td data-label="Worker">
        <span className="break">{attempt.worker ?? '—'}</span>
        {attempt.pool ? <div className="muted small">pool {attempt.pool}</div> : null}
      </td>
      <td data-label="Used" className="nowrap">
        {[
          attempt.cpu_s === null ? '' : `${span(attempt.cpu_s)} CPU`,
          attempt.max_rss_kb ? bytes(attempt.max_rss_kb * 1024) : '',
        ]
          .filter(Boolean)
          .join(' · ') || <span className="muted">—</span>}
      </td>
      <td data-label="Log" className="nowrap">
        <Link to="." search={{ tab: 'log', attempt: attempt.attempt }}>
          {attempt.log_bytes === null ? 'show' : bytes(attempt.log_bytes)}
        </Link>
      </td>
    </tr>
  );
}

export function Attempts({ attempts }: { attempts: Attempt[] }) {
  if (attempts.length === 0) return <Nothing>It has not run yet.</Nothing>;
  return (
    <div className="card flush">
      <table className="table">
        <thead>
          <tr>
            {['Attempt', 'Outcome', 'Started', 'Took', 'Worker', 'Used', 'Log'].map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {attempts.map((attempt) => (
            <Row key={attempt.attempt} attempt={attempt} />
          ))}
        </tbody>
      </table>
    </div>
  );
}
