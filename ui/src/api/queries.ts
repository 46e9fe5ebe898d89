import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { path, request, type Query } from "./client";
import type { HookMetas } from "../features/connections/forms";
import type {
  DagDetail,
  DagPage,
  GridData,
  Health,
  ImportErrors,
  ListedXcom,
  Me,
  RunDetail,
  Source,
  Structure,
  TaskDetail,
  TaskRow,
  Why,
  Xcom,
} from "./types";

/** Query keys from broad to narrow, so that a pushed change can invalidate exactly one noun. */
export const keys = {
  me: ["me"] as const,
  health: ["health"] as const,
  dagLists: ["dags"] as const,
  dag: (dag: string) => ["dag", dag] as const,
  grids: (dag: string) => ["dag", dag, "grid"] as const,
  run: (dag: string, run: string) => ["dag", dag, "run", run] as const,
  task: (dag: string, run: string, task: string) => ["dag", dag, "run", run, "task", task] as const,
  hookMeta: ["hook_meta"] as const,
  importErrors: ["import_errors"] as const,
  admin: (noun: string) => ["admin", noun] as const,
};

export const meQuery = queryOptions({
  queryKey: keys.me,
  queryFn: ({ signal }) => request<Me>("/ui/me", { signal }),
  retry: false,
});

/** Changes only when packages are installed. */
export const hookMetaQuery = queryOptions({
  queryKey: keys.hookMeta,
  queryFn: ({ signal }) => request<HookMetas>("/ui/connections/hook_meta", { signal }),
  staleTime: Infinity,
});

export const healthQuery = queryOptions({
  queryKey: keys.health,
  queryFn: ({ signal }) => request<Health>("/ui/health", { signal }),
  // A process that dies says nothing, so it is asked for.
  refetchInterval: 10_000,
});

export const XCOM_PAGE = 50;

export interface DagFilter {
  search?: string;
  tag?: string;
  paused?: boolean;
  state?: string;
  order_by?: string;
  limit?: number;
  offset?: number;
}

export const dagsQuery = (filter: DagFilter) =>
  queryOptions({
    queryKey: [...keys.dagLists, filter],
    queryFn: ({ signal }) => request<DagPage>("/ui/dags", { query: filter as Query, signal }),
    placeholderData: keepPreviousData,
  });

export const dagQuery = (dag: string) =>
  queryOptions({
    queryKey: [...keys.dag(dag), "detail"],
    queryFn: ({ signal }) => request<DagDetail>(path`/ui/dags/${dag}`, { signal }),
  });

export const sourceQuery = (dag: string, version?: number) =>
  queryOptions({
    queryKey: [...keys.dag(dag), "source", version ?? null],
    queryFn: ({ signal }) => request<Source>(path`/ui/dags/${dag}/source`, { query: { version }, signal }),
  });

export const structureQuery = (dag: string) =>
  queryOptions({
    queryKey: [...keys.dag(dag), "structure"],
    queryFn: ({ signal }) => request<Structure>(path`/ui/dags/${dag}/structure`, { signal }),
    staleTime: 300_000,
  });

export interface GridFilter {
  limit?: number;
  before?: string;
  state?: string;
  run_type?: string;
}

export const gridQuery = (dag: string, filter: GridFilter) =>
  queryOptions({
    queryKey: [...keys.grids(dag), filter],
    queryFn: ({ signal }) => request<GridData>(path`/ui/dags/${dag}/grid`, { query: filter as Query, signal }),
    placeholderData: keepPreviousData,
  });

export const runQuery = (dag: string, run: string) =>
  queryOptions({
    queryKey: [...keys.run(dag, run), "detail"],
    queryFn: ({ signal }) => request<RunDetail>(path`/ui/dags/${dag}/runs/${run}`, { signal }),
  });

export const runTasksQuery = (dag: string, run: string) =>
  queryOptions({
    queryKey: [...keys.run(dag, run), "tasks"],
    queryFn: ({ signal }) => request<{ tasks: TaskRow[] }>(path`/ui/dags/${dag}/runs/${run}/tasks`, { signal }),
  });

export const taskQuery = (dag: string, run: string, task: string, map: number) =>
  queryOptions({
    queryKey: [...keys.task(dag, run, task), map, "detail"],
    queryFn: ({ signal }) =>
      request<TaskDetail>(path`/ui/dags/${dag}/runs/${run}/tasks/${task}`, { query: { map_index: map }, signal }),
  });

/** What others hold changes without a word about this run, so an open answer is asked for again while it is looked at. */
const WHY_AGAIN_MS = 5_000;
const FINAL = new Set(["success", "failed", "skipped", "upstream_failed", "removed"]);

export const whyQuery = (dag: string, run?: string, task?: string, map?: number) =>
  queryOptions({
    queryKey: [...(run === undefined ? keys.dag(dag) : task === undefined ? keys.run(dag, run) : keys.task(dag, run, task)), map ?? -1, "why"],
    queryFn: ({ signal }) => {
      if (run === undefined) return request<Why>(path`/api/v2/dags/${dag}/why`, { signal });
      if (task === undefined) return request<Why>(path`/api/v2/dags/${dag}/dagRuns/${run}/why`, { signal });
      return request<Why>(path`/api/v2/dags/${dag}/dagRuns/${run}/taskInstances/${task}/why`, { query: { map_index: map }, signal });
    },
    placeholderData: keepPreviousData,
    refetchInterval: (query) => (FINAL.has(query.state.data?.state ?? "") ? false : run === undefined ? 6 * WHY_AGAIN_MS : WHY_AGAIN_MS),
  });

export interface XcomFilter {
  dag: string;
  run: string;
  task: string;
  key: string;
  offset: number;
}

export const allXcomsQuery = (filter: XcomFilter) =>
  queryOptions({
    queryKey: [...keys.admin("xcoms"), filter],
    queryFn: ({ signal }) => request<{ total: number; xcoms: ListedXcom[] }>("/ui/xcoms", { query: { ...filter, limit: XCOM_PAGE }, signal }),
    placeholderData: keepPreviousData,
    staleTime: 0,
  });

export const xcomsQuery = (dag: string, run: string, task: string, map: number) =>
  queryOptions({
    queryKey: [...keys.task(dag, run, task), map, "xcoms"],
    queryFn: ({ signal }) =>
      request<{ xcoms: Xcom[] }>(path`/ui/dags/${dag}/runs/${run}/tasks/${task}/xcoms`, {
        query: { map_index: map },
        signal,
      }),
  });

export const importErrorsQuery = queryOptions({
  queryKey: keys.importErrors,
  queryFn: ({ signal }) => request<ImportErrors>("/ui/import_errors", { signal }),
});
