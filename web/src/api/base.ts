// Where the page stands. The document's <base> says how far below the page's root it was asked
// for, so that headrace works under any path of a proxy (/x/runs/7 is below /x/).

export const base = new URL('./', document.baseURI);

export const basePath = base.pathname;

/** The address of a resource of /v1: `api('runs/7')`. */
export const api = (path: string): string => new URL(`v1/${path}`, base).href;

/** A query string of what is set, or ''. */
export function query(fields: Record<string, string | number | null | undefined>): string {
  const set = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    if (value !== null && value !== undefined && value !== '') set.set(name, String(value));
  }
  return set.size > 0 ? `?${set.toString()}` : '';
}
