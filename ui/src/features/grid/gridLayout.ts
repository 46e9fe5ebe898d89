import type { GridRow, Run } from "../../api/types";

/** The measures of the grid in CSS pixels. */
export const ROW = 24;
export const COL = 20;
export const CELL = 14;
export const HEAD = 96;
export const BARS = 66;

/** Which rows show: indexes into `rows`, without what lies in folded groups. Children follow their group. */
export function visibleRows(rows: GridRow[], folded: ReadonlySet<string>): number[] {
  const shown: number[] = [];
  let hiddenBelow = Infinity;
  rows.forEach((row, i) => {
    if (row.depth > hiddenBelow) return;
    hiddenBelow = Infinity;
    shown.push(i);
    if (row.kind === "group" && folded.has(row.id)) hiddenBelow = row.depth;
  });
  return shown;
}

export function matchingRows(rows: GridRow[], text: string): number[] {
  const wanted = text.toLowerCase();
  return rows.flatMap((row, i) => (row.kind === "task" && row.id.toLowerCase().includes(wanted) ? [i] : []));
}

export interface Span {
  from: number;
  to: number;
}

/** The part of `count` items of `size` pixels that a window shows, with `extra` around it. */
export function windowOf(scroll: number, view: number, size: number, count: number, extra: number): Span {
  const from = Math.max(0, Math.floor(scroll / size) - extra);
  return { from, to: Math.min(count, Math.ceil((scroll + view) / size) + extra) };
}

/** The pixels of a duration bar; something that ran is never invisible. */
export function barHeight(seconds: number | null, longest: number): number {
  if (!seconds || seconds <= 0 || longest <= 0) return 3;
  return Math.max(3, Math.round((seconds / longest) * BARS));
}

export interface Tick {
  column: number;
  text: string;
}

/** A date wherever a new day starts and there is room since the one before. */
export function dayTicks(runs: Run[], room: number): Tick[] {
  const ticks: Tick[] = [];
  let day = "";
  let last = -Infinity;
  runs.forEach((run, column) => {
    const of = (run.logical_date ?? run.run_after).slice(0, 10);
    if (of === day || (column - last) * COL < room) return;
    day = of;
    last = column;
    const text = new Date(of).toLocaleDateString("en", { month: "short", day: "numeric", timeZone: "UTC" });
    ticks.push({ column, text });
  });
  return ticks;
}

export interface Spot {
  row: number;
  column: number;
}

/** What lies under a point of the cell area; row -1 is the bar of the run. */
export function spotAt(x: number, y: number, scroll: { left: number; top: number }, counts: { rows: number; columns: number }): Spot | null {
  const column = Math.floor((x + scroll.left) / COL);
  if (column < 0 || column >= counts.columns) return null;
  if (y < HEAD) return { row: -1, column };
  const row = Math.floor((y - HEAD + scroll.top) / ROW);
  return row >= 0 && row < counts.rows ? { row, column } : null;
}
