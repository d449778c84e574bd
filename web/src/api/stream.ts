// One connection to GET /v1/events that stays: it comes back by itself after a break, goes on
// where it was (Last-Event-ID), and takes a half-open connection for broken when it is silent.
// It runs in the SharedWorker, or in the page where there is none. fetch and not EventSource,
// since only fetch can name the last event when the topics change, and see the silence.
import { SseParser, type Message } from './sse';

export type Link = 'live' | 'down';

export interface StreamListener {
  message(message: Message): void;
  /** `topics` are watched from now on; what was read before may have missed something. */
  opened(topics: string[], afterBreak: boolean): void;
  link(link: Link): void;
}

const silence_ms = 25_000;
const delays_ms = [300, 600, 1_000, 2_000, 3_000, 5_000];

export class EventStream {
  private topics: string[] = [];
  private lastId = '';
  private current: AbortController | undefined;
  private failures = 0;
  private broken = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly url: string,
    private readonly listener: StreamListener,
  ) {}

  /** Watches exactly these. The old connection lives until the new one stands. */
  watch(topics: string[]): void {
    const sorted = [...new Set(topics)].sort();
    if (sorted.join() === this.topics.join() && (this.current ?? this.timer)) return;
    this.topics = sorted;
    if (sorted.length === 0) this.close();
    else void this.connect();
  }

  /** Somebody looks again, or the network is back: tries at once what waits for its next try. */
  nudge(): void {
    if (this.timer !== undefined) void this.connect();
  }

  close(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.current?.abort();
    this.current = undefined;
  }

  private async connect(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const before = this.current;
    const mine = new AbortController();
    this.current = mine;
    try {
      const topics = this.topics;
      const response = await fetch(`${this.url}?topics=${topics.map(encodeURIComponent).join()}`, {
        headers: { accept: 'text/event-stream', ...this.position() },
        signal: mine.signal,
        cache: 'no-store',
      });
      before?.abort();
      if (!response.ok || !response.body) throw new Error(`events: ${response.status}`);
      if (this.current !== mine) return;
      this.listener.opened(topics, this.broken);
      this.listener.link('live');
      this.failures = 0;
      this.broken = false;
      await this.read(response.body, mine);
      throw new Error('events: ended');
    } catch {
      before?.abort();
      if (this.current === mine) this.comeBack();
    }
  }

  private position(): Record<string, string> {
    return this.lastId ? { 'last-event-id': this.lastId } : {};
  }

  private async read(body: ReadableStream<Uint8Array>, mine: AbortController): Promise<void> {
    const parser = new SseParser();
    const decoder = new TextDecoder();
    const reader = body.getReader();
    for (;;) {
      const quiet = setTimeout(() => {
        mine.abort();
      }, silence_ms);
      const { done, value } = await reader.read().finally(() => {
        clearTimeout(quiet);
      });
      if (done) return;
      for (const message of parser.push(decoder.decode(value, { stream: true }))) {
        if (this.current !== mine) return;
        if (message.id) this.lastId = message.id;
        this.listener.message(message);
      }
    }
  }

  private comeBack(): void {
    this.current = undefined;
    this.broken = true;
    this.listener.link('down');
    const delay = delays_ms[Math.min(this.failures, delays_ms.length - 1)] ?? 5_000;
    this.failures += 1;
    this.timer = setTimeout(() => void this.connect(), delay * (0.75 + Math.random() / 2));
  }
}
