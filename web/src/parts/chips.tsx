// A row of filters by state, with how many there are of each; one or none is chosen.
import type { Phase, RunState } from '../api/types';
import { Sign } from './state';
import { number } from './words';

interface ChipsProps<State extends Phase | RunState> {
  label: string;
  all: readonly State[];
  value: State | undefined;
  words: Record<State, string>;
  counts?: Partial<Record<State, number>>;
  onChange: (state: State | undefined) => void;
}

export function Chips<State extends Phase | RunState>(props: ChipsProps<State>) {
  const { label, all, value, words, counts, onChange } = props;
  // Where the counts are known, what does not occur is no choice.
  const shown = counts ? all.filter((state) => counts[state] ?? state === value) : all;
  return (
    <div className="chips" role="group" aria-label={label}>
      <button
        type="button"
        aria-pressed={value === undefined}
        onClick={() => {
          onChange(undefined);
        }}
      >
        All
      </button>
      {shown.map((state) => (
        <button
          type="button"
          key={state}
          aria-pressed={value === state}
          onClick={() => {
            onChange(value === state ? undefined : state);
          }}
        >
          <Sign of={state} />
          {words[state]}
          {counts ? <b>{number(counts[state] ?? 0)}</b> : null}
        </button>
      ))}
    </div>
  );
}
