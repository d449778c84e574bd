// A task's error: its last line first, the way people ask for it, then the whole traceback.
import type { TaskError } from '../api/types';
import { CopyButton } from './copy';

const whereWords: Record<string, string> = {
  load: 'while the task was loaded',
  run: 'in the task',
  exit: 'the process ended without a report',
  timeout: 'it took too long',
  memory: 'out of memory',
};

/** `File "/a/b.py", line 3, in run` lines stand out, what they quote does not. */
function lineClass(line: string): string {
  if (/^\s*File "/.test(line)) return 'tb-file';
  return /^\s/.test(line) ? 'tb-code' : 'tb-head';
}

export function Traceback({ error }: { error: TaskError }) {
  const text = error.traceback ?? '';
  const summary = [error.type, error.message].filter(Boolean).join(': ');
  return (
    <section className="traceback" aria-label="Error">
      <div className="tb-summary">
        <strong>{summary || 'failed without a message'}</strong>
        {error.where ? (
          <span className="muted">{whereWords[error.where] ?? error.where}</span>
        ) : null}
        {text ? <CopyButton text={() => text} label="Copy traceback" /> : null}
      </div>
      {text ? (
        // Long tracebacks scroll, so the box can be reached by keyboard.
        <pre tabIndex={0} aria-label="Traceback">
          {text
            .trimEnd()
            .split('\n')
            .map((line, i) => (
              <span key={i} className={lineClass(line)}>
                {line}
                {'\n'}
              </span>
            ))}
        </pre>
      ) : null}
    </section>
  );
}
