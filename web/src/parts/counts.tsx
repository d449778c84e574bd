// How many tasks are in which phase: as a bar in proportion, and in words.
import { PHASES, type Counts } from '../api/types';
import { Tally } from './state';
import { number, phaseWords } from './words';

const present = (counts: Counts) =>
  PHASES.map((phase) => ({ phase, count: counts[phase] ?? 0 })).filter(({ count }) => count > 0);

/** Done first, as a bar of progress is read; each part at least wide enough to be seen. */
export function CountsBar({ counts, label }: { counts: Counts; label?: string }) {
  const parts = present(counts).reverse();
  if (parts.length === 0) return <span className="muted">no tasks</span>;
  const words = parts
    .map(({ phase, count }) => `${number(count)} ${phaseWords[phase].word.toLowerCase()}`)
    .join(', ');
  return (
    <span className="counts" role="img" aria-label={`${label ?? 'Tasks'}: ${words}`} title={words}>
      {parts.map(({ phase, count }) => (
        <i key={phase} data-state={phase} style={{ flexGrow: count }} />
      ))}
    </span>
  );
}

export function Tallies({ counts }: { counts: Counts }) {
  return (
    <span className="tallies">
      {present(counts).map(({ phase, count }) => (
        <Tally key={phase} phase={phase} count={count} />
      ))}
    </span>
  );
}
