// The page's side of the event stream: what it looks at goes out, events come in, are gathered
// and applied once a frame (apply.ts). Connect first, then fetch: a loader awaits `watching`.
import { useEffect, useSyncExternalStore } from 'react';
import { api } from './base';
import { applyEvents } from './apply';
import { client } from './client';
import { EventStream, type Link } from './stream';
import type { Message } from './sse';
import type { LiveEvent } from './types';

export interface ToStream {
  url?: string;
  topics?: string[];
  nudge?: boolean;
  close?: boolean;
}

export interface FromStream {
  link?: Link;
  message?: Message;
  opened?: string[];
  afterBreak?: boolean;
}

const listeners = new Set<() => void>();
let link: Link = 'down';
let linkSince = Date.now();
let send: (message: ToStream) => void = () => undefined;

/** Topics by how many parts of the page look at them, and those the stream watches by now. */
const wanted = new Map<string, number>();
let open = new Set<string>();
const waiting = new Set<() => void>();

let pending: LiveEvent[] = [];
const logListeners = new Map<number, Set<(size: number) => void>>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useLink = (): Link => useSyncExternalStore(subscribe, () => link);

export const downSince = (): number => linkSince;

function setLink(now: Link): void {
  if (now === link) return;
  link = now;
  linkSince = Date.now();
  for (const listener of listeners) listener();
}

/** Reads again what is on screen and was read before `before`; what is not is merely stale. */
function readAgain(before: number, delay_ms = 0): void {
  setTimeout(() => {
    void client.invalidateQueries({
      predicate: ({ state }) =>
        state.dataUpdatedAt < before || state.fetchStatus === 'fetching' || state.error !== null,
    });
  }, delay_ms);
}

function opened(topics: string[], afterBreak: boolean): void {
  const fresh = topics.some((topic) => !open.has(topic));
  open = new Set(topics);
  for (const done of waiting) done();
  // After a break every browser comes back at once: not all of them in the same instant.
  if (afterBreak) readAgain(Date.now() + 1_000, Math.random() * 500);
  else if (fresh) readAgain(Date.now() - 5);
}

function flush(): void {
  const events = pending;
  pending = [];
  applyEvents(client, events);
  for (const { kind, data } of events) {
    if (kind !== 'log') continue;
    for (const tell of logListeners.get(Number(data['attempt'])) ?? []) tell(Number(data['size']));
  }
}

function receive({ event, id, data }: Message): void {
  if (event === 'reset') {
    readAgain(Date.now() + 2_000, Math.random() * 1_000);
    return;
  }
  const commit = Number(id.slice(id.indexOf('.') + 1));
  let values: unknown;
  try {
    values = JSON.parse(data);
  } catch {
    return;
  }
  if (typeof values !== 'object' || values === null) return;
  if (pending.length === 0) {
    // A hidden tab gets no frames, but must not gather events without end.
    if (document.hidden) setTimeout(flush, 200);
    else requestAnimationFrame(flush);
  }
  pending.push({ kind: event, commit, data: values as Record<string, unknown> });
}

function fromStream(message: FromStream): void {
  if (message.opened) opened(message.opened, message.afterBreak ?? false);
  if (message.link) setLink(message.link);
  if (message.message) receive(message.message);
}

/** Starts the stream: in the SharedWorker, or one a tab where there is none (some phones). */
export function connect(): void {
  const url = api('events');
  if ('SharedWorker' in window) {
    const worker = new SharedWorker(new URL('./stream.worker.ts', import.meta.url), {
      type: 'module',
      name: 'headrace-events',
    });
    worker.port.onmessage = (message: MessageEvent<FromStream>) => {
      fromStream(message.data);
    };
    send = (message) => {
      worker.port.postMessage(message);
    };
    addEventListener('pagehide', () => {
      send({ close: true });
    });
    window.addEventListener('pageshow', (event) => {
      announced = '';
      if (event.persisted) sendTopics();
    });
    send({ url });
  } else {
    const stream = new EventStream(url, {
      message: (message) => {
        fromStream({ message });
      },
      opened: (topics, afterBreak) => {
        fromStream({ opened: topics, afterBreak });
      },
      link: (now) => {
        fromStream({ link: now });
      },
    });
    send = (message) => {
      if (message.topics) stream.watch(message.topics);
      if (message.nudge) stream.nudge();
    };
  }
  const nudge = (): void => {
    if (!document.hidden) send({ nudge: true });
  };
  addEventListener('online', nudge);
  document.addEventListener('visibilitychange', nudge);
}

let announced = '';
let announcing: ReturnType<typeof setTimeout> | undefined;

function sendTopics(): void {
  clearTimeout(announcing);
  announcing = undefined;
  const topics = [...wanted.keys()].sort();
  if (topics.join() === announced) return;
  announced = topics.join();
  send({ topics });
}

/** New topics at once (together); one that nobody wants any more later: views come and go. */
function topicsChanged(grown: boolean): void {
  if (grown) queueMicrotask(sendTopics);
  else announcing ??= setTimeout(sendTopics, 2_000);
}

function want(topic: string): void {
  const count = wanted.get(topic) ?? 0;
  wanted.set(topic, count + 1);
  if (count === 0) topicsChanged(true);
}

function drop(topic: string): void {
  const count = wanted.get(topic) ?? 0;
  if (count > 1) {
    wanted.set(topic, count - 1);
  } else {
    wanted.delete(topic);
    topicsChanged(false);
  }
}

/** For loaders: resolves when the topics are watched, or after a moment if that takes longer. */
export function watching(topics: string[]): Promise<void> {
  for (const topic of topics) want(topic);
  setTimeout(() => {
    for (const topic of topics) drop(topic);
  }, 5_000);
  return new Promise((resolve) => {
    const done = (): void => {
      if (!topics.every((topic) => open.has(topic))) return;
      waiting.delete(done);
      resolve();
    };
    waiting.add(done);
    setTimeout(() => {
      waiting.delete(done);
      resolve();
    }, 250);
    done();
  });
}

/** Watches a topic as long as the calling part is shown; '' is nothing. */
export function useTopic(topic: string): void {
  useEffect(() => {
    if (!topic) return;
    want(topic);
    return () => {
      drop(topic);
    };
  }, [topic]);
}

/** Calls back when an attempt's log has grown. */
export function onLog(attempt: number, tell: (size: number) => void): () => void {
  const all = logListeners.get(attempt) ?? new Set();
  logListeners.set(attempt, all.add(tell));
  return () => {
    all.delete(tell);
    if (all.size === 0) logListeners.delete(attempt);
  };
}
