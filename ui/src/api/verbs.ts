import { path, request } from "./client";
import type { JsonObject, Me, RunState, TaskState, TouchedTask } from "./types";

/** What a person may ask for. Each verb is one call to the public REST API. */

export const logIn = (username: string, password: string) =>
  request<Me>("/auth/login", { method: "POST", body: { username, password } });

export const logOut = () => request<void>("/auth/logout", { method: "POST" });

export const pauseDag = (dag: string, paused: boolean) =>
  request<JsonObject>(path`/api/v1/dags/${dag}`, { method: "PATCH", body: { is_paused: paused } });

export interface TriggerBody {
  dag_run_id?: string;
  logical_date?: string;
  conf?: JsonObject;
  note?: string;
}

export const triggerRun = (dag: string, body: TriggerBody) =>
  request<{ dag_run_id: string }>(path`/api/v1/dags/${dag}/dagRuns`, { method: "POST", body: { ...body } });

export interface ClearOptions {
  upstream: boolean;
  downstream: boolean;
  onlyFailed: boolean;
}

/** `taskIds` null clears the whole run. */
export async function clearTasks(
  dag: string,
  run: string,
  taskIds: [string, number][] | null,
  options: ClearOptions,
  dryRun: boolean,
): Promise<TouchedTask[]> {
  const body: JsonObject = {
    dry_run: dryRun,
    dag_run_id: run,
    only_failed: options.onlyFailed,
    include_upstream: options.upstream,
    include_downstream: options.downstream,
    reset_dag_runs: true,
  };
  if (taskIds) body.task_ids = taskIds.map(([task, map]) => (map >= 0 ? [task, map] : task));
  const target = path`/api/v1/dags/${dag}/clearTaskInstances`;
  const answer = await request<{ task_instances?: TouchedTask[] }>(target, { method: "POST", body });
  return answer.task_instances ?? [];
}

export const markRun = (dag: string, run: string, state: RunState) =>
  request<JsonObject>(path`/api/v1/dags/${dag}/dagRuns/${run}`, { method: "PATCH", body: { state } });

export const deleteRun = (dag: string, run: string) =>
  request<void>(path`/api/v1/dags/${dag}/dagRuns/${run}`, { method: "DELETE" });

/** Without waiting for the tasks before it; `again` also when it has succeeded. */
export const runTask = (dag: string, run: string, task: string, map: number, again: boolean) =>
  request<JsonObject>(path`/api/v1/dags/${dag}/dagRuns/${run}/taskInstances/${task}/run`, { method: "POST", body: { map_index: map, ignore_task_state: again } });

export const markTask = (dag: string, run: string, task: string, map: number, state: TaskState) =>
  request<JsonObject>(
    map >= 0
      ? path`/api/v1/dags/${dag}/dagRuns/${run}/taskInstances/${task}/${map}`
      : path`/api/v1/dags/${dag}/dagRuns/${run}/taskInstances/${task}`,
    { method: "PATCH", body: { new_state: state, dry_run: false } },
  );
