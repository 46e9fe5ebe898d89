import { useCallback } from "react";
import { useSearchParams } from "react-router";

export type Patch = Record<string, string | null>;

/** The page's address and how to change a part of it; filters and selections live there and nowhere else. */
export function useParamsPatch(): [URLSearchParams, (patch: Patch, replace?: boolean) => void] {
  const [params, setParams] = useSearchParams();
  const patch = useCallback(
    (changes: Patch, replace = true) => setParams((before) => withPatch(before, changes), { replace }),
    [setParams],
  );
  return [params, patch];
}

export function withPatch(before: URLSearchParams, changes: Patch): URLSearchParams {
  const next = new URLSearchParams(before);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === "") next.delete(name);
    else next.set(name, value);
  }
  return next;
}

export function dagLink(dag: string, query: Patch = {}, view = "grid"): string {
  const search = withPatch(new URLSearchParams(), query).toString();
  return `/dags/${encodeURIComponent(dag)}/${view}${search ? `?${search}` : ""}`;
}
