// What an operator can do. Nothing is shown as done before the scheduler says so: the answer comes
// when the change is durable, and what it changed is then read again.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { post } from './client';
import { notify } from './notices';

export interface Action {
  /** Below /v1. */
  path: string;
  /** What is said when it is done: "Retrying SearchCTR". */
  done: string;
}

const part = encodeURIComponent;

export const actions = {
  retryTask: (id: string, name: string): Action => ({
    path: `tasks/${part(id)}/retry`,
    done: `${name} runs again as soon as it can`,
  }),
  cancelTask: (id: string, name: string): Action => ({
    path: `tasks/${part(id)}/cancel`,
    done: `${name} is being cancelled`,
  }),
  markDone: (id: string, name: string): Action => ({
    path: `tasks/${part(id)}/mark-done`,
    done: `${name} counts as done`,
  }),
  retryRun: (id: number): Action => ({ path: `runs/${id}/retry`, done: `Run ${id} goes on` }),
  cancelRun: (id: number): Action => ({
    path: `runs/${id}/cancel`,
    done: `Run ${id} is being cancelled`,
  }),
  pause: (name: string): Action => ({
    path: `pipelines/${part(name)}/pause`,
    done: `${name} is paused: no new runs`,
  }),
  resume: (name: string): Action => ({
    path: `pipelines/${part(name)}/resume`,
    done: `${name} runs by its schedule again`,
  }),
};

/** Does an action, says how it went, reads again what is on screen. */
export function useAction() {
  const client = useQueryClient();
  return useMutation({
    networkMode: 'always',
    mutationFn: (action: Action) => post(action.path),
    onSuccess: (_answer, action) => {
      notify({ kind: 'done', text: action.done });
      return client.invalidateQueries();
    },
    onError: (error) => {
      const remedy = 'remedy' in error ? String(error.remedy) : '';
      notify({ kind: 'failed', text: [error.message, remedy].filter(Boolean).join(' — ') });
    },
  });
}
