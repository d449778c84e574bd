// Phases of tasks and states of runs: a sign, a word and a colour, never a colour alone.
import {
  Ban,
  Check,
  CircleDashed,
  CircleSlash,
  Clock,
  CloudDownload,
  HelpCircle,
  ListTree,
  Lock,
  Play,
  RotateCw,
  X,
  type LucideIcon,
} from 'lucide-react';
import type { Phase, RunState } from '../api/types';
import { number, phaseWords, runWords } from './words';

const phaseSigns: Record<Phase, LucideIcon> = {
  running: Play,
  ready: Clock,
  waiting: CircleDashed,
  external: CloudDownload,
  retrying: RotateCw,
  blocked: Lock,
  disabled: X,
  unknown: HelpCircle,
  done: Check,
};

const runSigns: Record<RunState, LucideIcon> = {
  queued: Clock,
  planning: ListTree,
  running: Play,
  done: Check,
  failed: X,
  cancelled: CircleSlash,
};

/** The sign alone, for where the word stands beside it or in a label. */
export function Sign({ of }: { of: Phase | RunState }) {
  const Icon = (phaseSigns as Partial<Record<string, LucideIcon>>)[of] ?? runSigns[of as RunState];
  return (
    <i className="sign" data-state={of} aria-hidden>
      {/* A server newer than the page may know states that the page does not. */}
      {(Icon as LucideIcon | undefined) ? <Icon size={11} strokeWidth={3} /> : null}
    </i>
  );
}

export function PhaseBadge({ phase }: { phase: Phase }) {
  const words = (phaseWords as Partial<typeof phaseWords>)[phase];
  return (
    <span className="badge" data-state={phase} title={words?.help}>
      <Sign of={phase} />
      {words?.word ?? phase}
    </span>
  );
}

export function RunBadge({ state }: { state: RunState }) {
  return (
    <span className="badge" data-state={state}>
      <Sign of={state} />
      {(runWords as Partial<typeof runWords>)[state] ?? state}
    </span>
  );
}

export function Paused() {
  return (
    <span className="badge" data-state="retrying">
      <i className="sign" data-state="retrying" aria-hidden>
        <Ban size={11} strokeWidth={3} />
      </i>
      Paused
    </span>
  );
}

export function Tally({ phase, count }: { phase: Phase; count: number }) {
  return (
    <span className="badge" data-state={phase} title={phaseWords[phase].help}>
      <Sign of={phase} />
      {number(count)} {phaseWords[phase].word.toLowerCase()}
    </span>
  );
}
