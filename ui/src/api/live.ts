import type { QueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { patchGrid } from "../lib/gridPatch";
import { url } from "./client";
import { keys } from "./queries";
import type { ChangeEvent, GridData } from "./types";

export type LiveState = "connecting" | "live" | "lost";

/** Silence longer than this means the connection died without saying so; the server pings more often. */
const SILENCE_MS = 45_000;
const RETRY_MS = 2_000;

let state: LiveState = "connecting";
let lastHeard = 0;
const listeners = new Set<() => void>();

function become(next: LiveState): void {
  if (next === state) return;
  state = next;
  for (const listener of listeners) listener();
}

export function useLive(): LiveState {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => state,
  );
}

/** Opens the one stream of the page and keeps the query cache true. Returns how to close it. */
export function startLive(client: QueryClient): () => void {
  const later = throttle();
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let closed = false;
  let opened = false;

  const heard = () => {
    lastHeard = Date.now();
    become("live");
  };
  const open = () => {
    clearTimeout(timer);
    source?.close();
    source = new EventSource(url("/ui/stream"));
    source.onopen = () => {
      heard();
      // Changes made while nobody listened are unknown: ask for everything shown again.
      if (opened) void client.invalidateQueries();
      opened = true;
    };
    let answered = false;
    source.addEventListener("open", () => (answered = true));
    source.onerror = () => {
      source?.close();
      if (closed) return;
      // The server ends a long stream now and then: come back at once, and only worry when that fails.
      if (!answered) become("lost");
      timer = setTimeout(open, answered ? 50 : RETRY_MS);
    };
    source.addEventListener("ping", heard);
    source.addEventListener("dags", () => {
      heard();
      later("dags", 300, () => refreshDags(client));
    });
    source.addEventListener("change", (event: MessageEvent<string>) => {
      heard();
      apply(client, JSON.parse(event.data) as ChangeEvent, later);
    });
  };
  open();
  const watch = setInterval(() => {
    if (Date.now() - lastHeard > SILENCE_MS && state === "live") {
      become("lost");
      open();
    }
  }, 5_000);
  return () => {
    closed = true;
    clearInterval(watch);
    clearTimeout(timer);
    source?.close();
    become("connecting");
  };
}

function refreshDags(client: QueryClient): void {
  void client.invalidateQueries({ queryKey: keys.dagLists });
  void client.invalidateQueries({ queryKey: keys.importErrors });
  void client.invalidateQueries({ queryKey: keys.health });
  void client.invalidateQueries({ queryKey: ["dag"] });
}

function apply(client: QueryClient, change: ChangeEvent, later: Later): void {
  const dags = new Set<string>();
  for (const run of change.runs) dags.add(run.dag_id);
  for (const task of change.tasks) dags.add(task[0]);
  for (const dag of dags) patchDag(client, dag, change, later);
  if (change.runs.length > 0) later("lists", 800, () => void client.invalidateQueries({ queryKey: keys.dagLists }));
}

function patchDag(client: QueryClient, dag: string, change: ChangeEvent, later: Later): void {
  const runs = change.runs.filter((run) => run.dag_id === dag);
  const tasks = change.tasks.filter((task) => task[0] === dag);
  let refetch = false;
  client.setQueriesData<GridData>({ queryKey: keys.grids(dag) }, (old) => {
    if (!old) return old;
    const patched = patchGrid(old, { runs, tasks });
    refetch ||= patched.needsRefetch;
    return patched.data;
  });
  if (runs.length > 0) later(`backfills ${dag}`, 1_000, () => void client.invalidateQueries({ queryKey: [...keys.dag(dag), "backfills"] }));
  // An answer that is on its way was made before this push, and would put the old states back.
  const underway = client.isFetching({ queryKey: keys.grids(dag) }) > 0;
  if (refetch || underway) later(`grid ${dag}`, 400, () => askAgain(client, dag));
  const touched = new Set([...runs.map((run) => run.run_id), ...tasks.map((task) => task[1])]);
  for (const run of touched) {
    later(`run ${dag} ${run}`, 500, () => void client.invalidateQueries({ queryKey: keys.run(dag, run) }));
  }
}

const asking = new Set<string>();

/** Asks for the grids of a DAG anew, after the question that is underway: to break that off each time would never end. */
function askAgain(client: QueryClient, dag: string): void {
  if (asking.has(dag)) return;
  asking.add(dag);
  const go = () => {
    if (client.isFetching({ queryKey: keys.grids(dag) }) > 0) {
      setTimeout(go, 50);
      return;
    }
    asking.delete(dag);
    void client.invalidateQueries({ queryKey: keys.grids(dag) });
  };
  go();
}

type Later = (key: string, ms: number, action: () => void) => void;

/** Runs an action at once, then at most once per `ms` while more calls come in. */
function throttle(): Later {
  const waiting = new Map<string, { again: boolean }>();
  const run: Later = (key, ms, action) => {
    const pending = waiting.get(key);
    if (pending) {
      pending.again = true;
      return;
    }
    const entry = { again: false };
    waiting.set(key, entry);
    action();
    setTimeout(() => {
      waiting.delete(key);
      if (entry.again) run(key, ms, action);
    }, ms);
  };
  return run;
}
