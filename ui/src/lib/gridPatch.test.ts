import { describe, expect, it } from "vitest";
import type { GridData, GridRow } from "../api/types";
import { foldGroups, patchGrid } from "./gridPatch";

const row = (id: string, kind: "task" | "group", parent: string | null): GridRow => ({
  id, label: id, kind, parent, depth: parent ? 1 : 0, operator: null, is_mapped: false,
});

const rows = [row("g", "group", null), row("g.a", "task", "g"), row("g.b", "task", "g"), row("end", "task", null)];

const data: GridData = {
  rows,
  runs: [{ run_id: "r1", state: "running", run_type: "manual", logical_date: null, run_after: "2026-01-01T00:00:00Z", queued_at: null, started_at: "2026-01-01T00:00:00Z", ended_at: null, seconds: null, version: 1, note: null }],
  cells: { r1: "qqnn" },
  mapped: {},
};

describe("a pushed change", () => {
  it("moves the task's cell and its group's, and nothing else", () => {
    const { data: next, needsRefetch } = patchGrid(data, { runs: [], tasks: [["d", "r1", "g.a", -1, "running"]] });
    expect(next.cells.r1).toBe("rrnn");
    expect(needsRefetch).toBe(false);
    expect(data.cells.r1).toBe("qqnn");
  });

  it("ends a run with its length", () => {
    const change = { dag_id: "d", run_id: "r1", state: "success" as const, started_at: "2026-01-01T00:00:00Z", ended_at: "2026-01-01T00:00:07Z" };
    const { data: next } = patchGrid(data, { runs: [change], tasks: [] });
    expect(next.runs[0]?.seconds).toBe(7);
  });

  it("asks for a new grid when a run is unknown or a mapped instance moved", () => {
    const stranger = { dag_id: "d", run_id: "r9", state: "running" as const, started_at: null, ended_at: null };
    expect(patchGrid(data, { runs: [stranger], tasks: [] }).needsRefetch).toBe(true);
    expect(patchGrid(data, { runs: [], tasks: [["d", "r1", "g.a", 3, "failed"]] }).needsRefetch).toBe(true);
  });
});

it("folds nested groups to their most urgent child", () => {
  const nested = [row("o", "group", null), row("o.i", "group", "o"), row("o.i.x", "task", "o.i"), row("o.y", "task", "o")];
  expect(foldGroups(nested, ["n", "n", "f", "s"])).toBe("fffs");
});
