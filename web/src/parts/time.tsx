// Moments and spans that stay true while they are on screen.
import { useNow } from './now';
import { clock, distance, interval, span } from './words';

const utc = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

/** A moment: how far from now, the viewer's clock beside it when asked, UTC on hover. */
export function When({ at, exact = false }: { at: number | null | undefined; exact?: boolean }) {
  const now = useNow();
  if (at === null || at === undefined) return <span className="muted">—</span>;
  return (
    <time dateTime={utc(at)} title={`${clock(at, now)} here, ${utc(at)}`}>
      {distance(at, now)}
      {exact ? <span className="muted"> {clock(at, now)}</span> : null}
    </time>
  );
}

/** The moment of data that a run or a task is for; always UTC. */
export function Interval({ start }: { start: number | null | undefined }) {
  if (start === null || start === undefined) return null;
  return (
    <time dateTime={utc(start)} className="nowrap" title={utc(start)}>
      {interval(start)}
    </time>
  );
}

/** How long something took, or takes by now. */
export function Took({ from, to }: { from: number | null | undefined; to?: number | null }) {
  const now = useNow();
  if (from === null || from === undefined) return <span className="muted">—</span>;
  const end = to ?? now;
  // What still runs changes once a second: no use in parts of it.
  const seconds = (end - from) / 1000;
  return <span className="nowrap">{span(to ? seconds : Math.max(1, Math.round(seconds)))}</span>;
}
