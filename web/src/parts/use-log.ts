// Reads an attempt's log: its end first when it is long, then whatever is appended, until it is
// complete. Events say when there is more; while the attempt runs it is also looked for.
import { useCallback, useEffect, useRef, useState } from 'react';
import { api, query } from '../api/base';
import { onLog, useTopic } from '../api/live';
import { LogText } from './log-text';

export type LogStream = 'all' | 'stdout' | 'stderr';

const piece = 262_144;
const firstRead = 524_288;
const lookAgain_ms = 2_000;

export interface Log {
  lines: string[];
  /** Whether the beginning is here: only then do lines have numbers. */
  fromStart: boolean;
  size: number;
  complete: boolean;
  error: Error | null;
  readEarlier: () => void;
}

export const logAddress = (attempt: number, stream: LogStream, more = {}): string =>
  api(`attempts/${attempt}/log`) + query({ stream, ...more });

interface Piece {
  bytes: Uint8Array;
  size: number;
  complete: boolean;
}

async function read(
  attempt: number,
  stream: LogStream,
  offset: number,
  limit: number,
  signal: AbortSignal,
): Promise<Piece> {
  const response = await fetch(logAddress(attempt, stream, { offset, limit }), {
    signal,
    cache: 'no-store',
  });
  if (response.status === 404) return { bytes: new Uint8Array(), size: 0, complete: false };
  if (!response.ok) throw new Error(`the log could not be read (${response.status})`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const size = Number(response.headers.get('x-log-size') ?? offset + bytes.length);
  return { bytes, size, complete: response.headers.get('x-log-complete') !== 'false' };
}

/** One attempt's log being read; lives as long as its log is on screen. */
class Reader {
  private text: LogText | undefined;
  private readonly stop = new AbortController();
  private isReading = false;
  private size = 0;
  private complete = false;

  constructor(
    private readonly attempt: number,
    private readonly stream: LogStream,
    private readonly changed: (log: Omit<Log, 'readEarlier'>) => void,
  ) {}

  close(): void {
    this.stop.abort();
  }

  async readOn(): Promise<void> {
    if (this.isReading || (this.complete && this.text?.end === this.size)) return;
    this.isReading = true;
    try {
      this.text ??= await this.begin();
      for (;;) {
        const got = await this.take(this.text.end, piece);
        this.text.append(got.bytes);
        this.tell(null);
        if (got.bytes.length === 0 || this.text.end >= got.size) break;
      }
    } catch (error) {
      if (!this.stop.signal.aborted) this.tell(error instanceof Error ? error : null);
    } finally {
      this.isReading = false;
    }
  }

  async readEarlier(): Promise<void> {
    const text = this.text;
    if (!text || this.isReading || text.start === 0) return;
    this.isReading = true;
    try {
      const start = Math.max(0, text.start - 4 * piece);
      const parts: Uint8Array[] = [];
      for (let at = start; at < text.start;) {
        const { bytes } = await this.take(at, Math.min(piece, text.start - at));
        if (bytes.length === 0) break;
        parts.push(bytes);
        at += bytes.length;
      }
      for (const bytes of parts.reverse()) text.prepend(bytes);
      this.tell(null);
    } catch (error) {
      if (!this.stop.signal.aborted) this.tell(error instanceof Error ? error : null);
    } finally {
      this.isReading = false;
    }
  }

  private async begin(): Promise<LogText> {
    const { size } = await this.take(0, 1);
    return new LogText(Math.max(0, size - firstRead));
  }

  private async take(offset: number, limit: number): Promise<Piece> {
    const got = await read(this.attempt, this.stream, offset, limit, this.stop.signal);
    this.size = got.size;
    this.complete = got.complete;
    return got;
  }

  private tell(error: Error | null): void {
    this.changed({
      lines: this.text?.lines() ?? [],
      fromStart: this.text?.start === 0,
      size: this.size,
      complete: this.complete,
      error,
    });
  }
}

const nothing = { lines: [], fromStart: true, size: 0, complete: false, error: null };

export function useLog(attempt: number, stream: LogStream): Log {
  const [log, setLog] = useState<Omit<Log, 'readEarlier'>>(nothing);
  const reader = useRef<Reader>(undefined);
  useTopic(`log/${attempt}`);

  useEffect(() => {
    const mine = new Reader(attempt, stream, setLog);
    reader.current = mine;
    const readOn = (): void => void mine.readOn();
    readOn();
    const forget = onLog(attempt, readOn);
    const timer = setInterval(() => {
      if (!document.hidden) readOn();
    }, lookAgain_ms);
    return () => {
      clearInterval(timer);
      forget();
      mine.close();
      setLog(nothing);
    };
  }, [attempt, stream]);

  const readEarlier = useCallback(() => void reader.current?.readEarlier(), []);
  return { ...log, readEarlier };
}
