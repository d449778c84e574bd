// Who is logged in. What changes something carries the session's CSRF token; a session that is over
// leads to the login form, and from there back to where one was.
import { queryOptions, useQuery } from '@tanstack/react-query';
import { api, base, basePath } from './base';

export interface Session {
  /** Is a login needed at all? */
  required: boolean;
  user: string;
  role: 'viewer' | 'operator' | 'admin' | 'worker';
  csrf: string;
}

export function toLogin(): void {
  const here = location.pathname.slice(basePath.length) + location.search;
  location.assign(new URL(`login?next=${encodeURIComponent(here)}`, base));
}

let known: Promise<Session> | undefined;

/** Asked once a page, unless `anew`. */
export function session(anew = false): Promise<Session> {
  if (anew) known = undefined;
  known ??= fetch(api('session'), { cache: 'no-store' })
    .then((response) => {
      if (response.status === 401) toLogin();
      if (!response.ok) throw new Error(response.statusText);
      return response.json() as Promise<Session>;
    })
    .catch((error: unknown) => {
      known = undefined;
      throw error;
    });
  return known;
}

export function useSession(): Session | undefined {
  return useQuery(
    queryOptions({ queryKey: ['session'], queryFn: () => session(), staleTime: Infinity }),
  ).data;
}

export async function logOut(): Promise<void> {
  await fetch(new URL('logout', base), { method: 'POST' });
  toLogin();
}
