// Short messages about what an action came to; parts/notices.tsx shows them.
import { useSyncExternalStore } from 'react';

export interface Notice {
  id: number;
  kind: 'done' | 'failed';
  text: string;
}

const shown_ms = { done: 6_000, failed: 15_000 };
const atMost = 4;

let notices: Notice[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

function set(next: Notice[]): void {
  notices = next;
  for (const listener of listeners) listener();
}

export function dismiss(id: number): void {
  set(notices.filter((notice) => notice.id !== id));
}

export function notify(notice: Omit<Notice, 'id'>): void {
  const id = (lastId += 1);
  set([...notices.slice(1 - atMost), { ...notice, id }]);
  setTimeout(() => {
    dismiss(id);
  }, shown_ms[notice.kind]);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useNotices = (): Notice[] => useSyncExternalStore(subscribe, () => notices);
