import type { ChangeEvent, GridData, GridRow, Run } from "../api/types";
import { asState, LOOKS, worstLetter } from "./states";

/** What a push says about one DAG: its part of a ChangeEvent. */
export interface DagChange {
  runs: ChangeEvent["runs"];
  tasks: ChangeEvent["tasks"];
}

export interface Patched {
  data: GridData;
  /** true when the push told of something the page cannot work out by itself */
  needsRefetch: boolean;
}

/** Applies a push to a grid without asking the server: new letters for tasks, and for the groups above them. */
export function patchGrid(data: GridData, change: DagChange): Patched {
  let needsRefetch = false;
  const runs = patchRuns(data.runs, change.runs);
  const known = new Set(data.runs.map((run) => run.run_id));
  if (change.runs.some((run) => !known.has(run.run_id))) needsRefetch = true;
  const rowAt = new Map(data.rows.map((row, i) => [row.id, i]));
  const letters = new Map<string, string[]>();
  for (const [, run, task, map, state] of change.tasks) {
    const cells = data.cells[run];
    const row = rowAt.get(task);
    if (cells === undefined || row === undefined) continue;
    if (map >= 0) {
      needsRefetch = true;
      continue;
    }
    const line = letters.get(run) ?? [...cells];
    letters.set(run, line);
    line[row] = LOOKS[asState(state)].letter;
  }
  const cells = { ...data.cells };
  for (const [run, line] of letters) cells[run] = foldGroups(data.rows, line);
  return { data: { ...data, runs, cells }, needsRefetch };
}

function patchRuns(runs: Run[], changes: ChangeEvent["runs"]): Run[] {
  if (changes.length === 0) return runs;
  const byId = new Map(changes.map((run) => [run.run_id, run]));
  return runs.map((run) => {
    const change = byId.get(run.run_id);
    if (!change) return run;
    const { state, started_at, ended_at } = change;
    return { ...run, state, started_at, ended_at, seconds: ended_at ? elapsed(started_at, ended_at) : null };
  });
}

function elapsed(from: string | null, to: string): number | null {
  return from ? (Date.parse(to) - Date.parse(from)) / 1000 : null;
}

/** Gives each group the letter of its most urgent child; children come after their group, so walk backwards. */
export function foldGroups(rows: GridRow[], line: string[]): string {
  const children = new Map<string, string[]>();
  for (let i = rows.length - 1; i >= 0; i--) {
    const row = rows[i];
    if (!row) continue;
    if (row.kind === "group") line[i] = worstLetter(children.get(row.id) ?? []);
    if (row.parent !== null) {
      const siblings = children.get(row.parent);
      if (siblings) siblings.push(line[i] ?? ".");
      else children.set(row.parent, [line[i] ?? "."]);
    }
  }
  return line.join("");
}
