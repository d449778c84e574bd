// An attempt's log: lines of a fixed height, so that nothing is measured and nothing jumps; a
// search of its own, since the browser's sees only the lines that are drawn.
import { Button, SegmentedControl, Switch, TextInput } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import Anser from 'anser';
import { Download } from 'lucide-react';
import { memo, useEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { CopyButton } from './copy';
import { findLines, withoutEscapes } from './log-text';
import { Wrong } from './page';
import { logAddress, useLog, type LogStream } from './use-log';
import { bytes, number } from './words';

const lineHeight_px = 18;

const Line = memo(function Line({ text }: { text: string }) {
  // Without an escape, which is most lines, there is nothing to take apart.
  if (!text.includes('\u001b')) return text;
  return Anser.ansiToJson(text, { use_classes: true, remove_empty: true }).map((part, i) => (
    <span key={i} className={[part.fg, ...part.decorations.map((d) => `ansi-${d}`)].join(' ')}>
      {part.content}
    </span>
  ));
});

interface LinesProps {
  lines: string[];
  numbered: boolean;
  follow: boolean;
  setFollow: (follow: boolean) => void;
  hits: number[];
  hit: number | undefined;
}

function Lines({ lines, numbered, follow, setFollow, hits, hit }: LinesProps) {
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => lineHeight_px,
    overscan: 30,
  });
  const hitSet = useMemo(() => new Set(hits), [hits]);
  useEffect(() => {
    if (follow && lines.length > 0) virtual.scrollToIndex(lines.length - 1, { align: 'end' });
  }, [virtual, follow, lines.length]);
  useEffect(() => {
    if (hit !== undefined) virtual.scrollToIndex(hit, { align: 'center' });
  }, [virtual, hit]);
  // Whoever scrolls up wants to read there; whoever comes back to the end wants to follow.
  const scrolled = (): void => {
    const at = box.current;
    if (!at) return;
    const isAtEnd = at.scrollHeight - at.scrollTop - at.clientHeight < 2 * lineHeight_px;
    if (!isAtEnd && follow) setFollow(false);
  };
  return (
    <div
      ref={box}
      className="log-lines"
      role="log"
      aria-live="off"
      aria-label="Log"
      tabIndex={0}
      onWheel={scrolled}
      onKeyUp={scrolled}
      onTouchMove={scrolled}
    >
      <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {virtual.getVirtualItems().map(({ index, start }) => (
          <div
            key={index}
            className={index === hit ? 'line hit now' : hitSet.has(index) ? 'line hit' : 'line'}
            style={{ transform: `translateY(${start}px)` }}
          >
            {numbered ? <span className="line-number">{index + 1}</span> : null}
            <Line text={lines[index] ?? ''} />
          </div>
        ))}
      </div>
    </div>
  );
}

interface SearchProps {
  lines: string[];
  find: string;
  setFind: (text: string) => void;
  hits: number[];
  at: number;
  setAt: (at: number) => void;
}

function Search({ lines, find, setFind, hits, at, setAt }: SearchProps) {
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || hits.length === 0) return;
    setAt((at + (event.shiftKey ? hits.length - 1 : 1)) % hits.length);
  };
  return (
    <>
      <TextInput
        size="xs"
        aria-label="Search the log"
        placeholder="Search, Enter for the next"
        value={find}
        onChange={(event) => {
          setFind(event.currentTarget.value);
        }}
        onKeyDown={onKeyDown}
      />
      <span className="muted small nowrap" aria-live="polite">
        {find
          ? `${hits.length === 0 ? 0 : number(at + 1)} of ${number(hits.length)}`
          : `${number(lines.length)} lines`}
      </span>
    </>
  );
}

/** What the box says when it has no lines. */
const emptyWords = (complete: boolean, isRunning: boolean): string =>
  complete || !isRunning ? 'This attempt wrote nothing.' : 'Nothing written yet…';

export function LogView({ attempt, isRunning }: { attempt: number; isRunning: boolean }) {
  const [stream, setStream] = useState<LogStream>('all');
  const [find, setFind] = useState('');
  const [at, setAt] = useState(0);
  const [follow, setFollow] = useState(isRunning);
  const log = useLog(attempt, stream);
  const hits = useMemo(() => findLines(log.lines, find), [log.lines, find]);
  const hit = find ? hits[Math.min(at, hits.length - 1)] : undefined;
  return (
    <div className="log">
      <div className="log-bar">
        <Search
          lines={log.lines}
          find={find}
          setFind={(text) => {
            setFind(text);
            setAt(0);
          }}
          hits={hits}
          at={at}
          setAt={setAt}
        />
        <SegmentedControl
          size="xs"
          aria-label="Stream"
          data={['all', 'stdout', 'stderr']}
          value={stream}
          onChange={(value) => {
            setStream(value);
          }}
        />
        <span className="grow" />
        {log.complete ? (
          <span className="muted small">{bytes(log.size)}</span>
        ) : (
          <Switch
            size="xs"
            label="Follow"
            checked={follow}
            onChange={(event) => {
              setFollow(event.currentTarget.checked);
            }}
          />
        )}
        <CopyButton label="Copy" text={() => log.lines.map(withoutEscapes).join('\n')} />
        <Button
          size="compact-xs"
          variant="default"
          component="a"
          href={logAddress(attempt, stream, { follow: 'true' })}
          download={`attempt-${attempt}.log`}
          leftSection={<Download size={12} aria-hidden />}
        >
          Download
        </Button>
      </div>
      {log.error ? <Wrong error={log.error} /> : null}
      {log.fromStart ? null : (
        <button type="button" className="earlier" onClick={log.readEarlier}>
          The beginning ({bytes(log.size)} in all) is not here. Read earlier lines
        </button>
      )}
      {log.lines.length === 0 ? (
        <div className="log-lines empty">{emptyWords(log.complete, isRunning)}</div>
      ) : (
        <Lines
          lines={log.lines}
          numbered={log.fromStart}
          follow={follow && !find && !log.complete}
          setFollow={setFollow}
          hits={hits}
          hit={hit}
        />
      )}
    </div>
  );
}
