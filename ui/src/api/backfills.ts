import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { path, request } from "./client";
import { keys } from "./queries";
import type { JsonObject } from "./types";

export interface BackfillProgress {
  total: number;
  done: number;
  planned: number;
  skipped: number;
  queued: number;
  running: number;
  success: number;
  failed: number;
  deleted: number;
}

export interface Backfill {
  id: number;
  dag_id: string;
  from_date: string;
  to_date: string;
  is_paused: boolean;
  reprocess_behavior: string;
  max_active_runs: number;
  run_backwards: boolean;
  task_ids: string[] | null;
  created_at: string;
  completed_at: string | null;
  triggered_by: string | null;
  state: "running" | "paused" | "completed" | "cancelled";
  progress: BackfillProgress;
}

export interface BackfillBody {
  dag_id: string;
  from_date: string;
  to_date: string;
  run_backwards: boolean;
  reprocess_behavior: "none" | "failed" | "completed";
  max_active_runs: number;
  dag_run_conf?: JsonObject;
  task_regex?: string;
  include_upstream?: boolean;
}

export interface RunAhead {
  run_id: string;
  logical_date: string;
  data_interval_start: string;
  data_interval_end: string;
  intervals: number;
  action: "make" | "clear" | "skip";
  reason: string | null;
}

export interface Foresight {
  backfills: RunAhead[];
  total_entries: number;
  preview: {
    runs: number;
    make: number;
    clear: number;
    skip: number;
    intervals: number;
    tasks_per_run: number;
    task_instances: number;
    at_once: number;
    seconds: number | null;
    basis: string;
    limits: { name: string; size: number; wanted: number; text: string }[];
    notes: string[];
  };
}

const BASE = "/api/v2/backfills";

export const backfillKeys = { all: (dag: string) => [...keys.dag(dag), "backfills"] as const };

export const backfillsQuery = (dag: string) =>
  queryOptions({
    queryKey: backfillKeys.all(dag),
    queryFn: ({ signal }) => request<{ backfills: Backfill[] }>(BASE, { query: { dag_id: dag, limit: 3 }, signal }),
  });

export const foresightQuery = (body: BackfillBody, enabled: boolean) =>
  queryOptions({
    queryKey: [...keys.dag(body.dag_id), "foresight", body],
    queryFn: ({ signal }) => request<Foresight>(`${BASE}/dry_run`, { method: "POST", body: { ...body }, query: { limit: 400 }, signal }),
    enabled,
    placeholderData: keepPreviousData,
    staleTime: 0,
    retry: false,
    meta: { ownProblem: true },
  });

export const startBackfill = (body: BackfillBody) => request<Backfill>(BASE, { method: "POST", body: { ...body } });

export const holdBackfill = (id: number, paused: boolean) => request<Backfill>(path`/api/v2/backfills/${id}`, { method: "PATCH", body: { is_paused: paused } });

export const cancelBackfill = (id: number, stopRunning: boolean) =>
  request<Backfill>(path`/api/v2/backfills/${id}/cancel`, { method: "PUT", body: { stop_running: stopRunning } });
