import { describe, expect, it } from "vitest";
import type { GridRow } from "../../api/types";
import { BARS, barHeight, COL, HEAD, matchingRows, ROW, spotAt, visibleRows, windowOf } from "./gridLayout";

const row = (id: string, kind: GridRow["kind"], depth: number): GridRow => ({ id, label: id, kind, parent: null, depth, operator: null, is_mapped: false });
const rows = [row("a", "group", 0), row("a.b", "group", 1), row("a.b.c", "task", 2), row("a.d", "task", 1), row("e", "task", 0)];

describe("the grid's geometry", () => {
  it("hides everything below a folded group and nothing else", () => {
    expect(visibleRows(rows, new Set())).toEqual([0, 1, 2, 3, 4]);
    expect(visibleRows(rows, new Set(["a.b"]))).toEqual([0, 1, 3, 4]);
    expect(visibleRows(rows, new Set(["a", "a.b"]))).toEqual([0, 4]);
  });

  it("finds tasks by a piece of their id, also inside folded groups", () => {
    expect(matchingRows(rows, "B.C")).toEqual([2]);
  });

  it("keeps a window inside the list", () => {
    expect(windowOf(0, 240, ROW, 5000, 5)).toEqual({ from: 0, to: 15 });
    expect(windowOf(5000 * ROW - 240, 240, ROW, 5000, 5)).toEqual({ from: 4985, to: 5000 });
  });

  it("draws the longest run full height and a short one still visible", () => {
    expect(barHeight(100, 100)).toBe(BARS);
    expect(barHeight(0.001, 100)).toBe(3);
  });

  it("tells a run's bar from a cell and from empty space", () => {
    const counts = { rows: 5, columns: 3 };
    expect(spotAt(1, 10, { left: COL, top: 0 }, counts)).toEqual({ row: -1, column: 1 });
    expect(spotAt(1, HEAD + 1, { left: 0, top: ROW }, counts)).toEqual({ row: 1, column: 0 });
    expect(spotAt(1, HEAD + 1, { left: 0, top: ROW * 9 }, counts)).toBeNull();
  });
});
