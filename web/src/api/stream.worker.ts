// One event stream for all tabs of the browser: it opens at most six HTTP/1.1 connections to a
// host, and a stream holds one for good. Each tab says what it looks at; the stream watches all of
// it, and every tab gets everything.
import { EventStream, type Link, type StreamListener } from './stream';
import type { FromStream, ToStream } from './live';

const tabs = new Map<MessagePort, string[]>();
let link: Link = 'down';
let watched: string[] = [];
let stream: EventStream | undefined;

function tell(message: FromStream): void {
  for (const port of tabs.keys()) port.postMessage(message);
}

const listener: StreamListener = {
  message: (message) => {
    tell({ message });
  },
  opened: (topics, afterBreak) => {
    watched = topics;
    tell({ opened: topics, afterBreak });
  },
  link: (now) => {
    link = now;
    tell({ link });
  },
};

function receive(port: MessagePort, message: ToStream): void {
  if (message.close) tabs.delete(port);
  if (message.topics) tabs.set(port, message.topics);
  if (message.nudge) stream?.nudge();
  if (message.url) stream ??= new EventStream(message.url, listener);
  stream?.watch([...tabs.values()].flat());
  // Watched already, for another tab: nothing will open, so it is said here.
  const topics = message.topics;
  if (topics?.every((topic) => watched.includes(topic)) && link === 'live') {
    port.postMessage({ opened: topics, afterBreak: false } satisfies FromStream);
  }
}

addEventListener('connect', (event) => {
  const port = (event as MessageEvent).ports[0];
  if (!port) return;
  tabs.set(port, []);
  port.onmessage = (message: MessageEvent<ToStream>) => {
    receive(port, message.data);
  };
  port.postMessage({ link } satisfies FromStream);
});
