import type { GridData } from "../../api/types";
import { asState, colour, stateOfLetter, type ThemeName } from "../../lib/states";
import { BARS, barHeight, CELL, COL, dayTicks, HEAD, ROW, windowOf, type Spot } from "./gridLayout";

export interface Scene {
  data: GridData;
  /** indexes of the rows that show */
  shown: number[];
  theme: ThemeName;
  ink: Ink;
  longest: number;
  hover: Spot | null;
  cursor: Spot | null;
  now: number;
}

/** The style sheet's colours a canvas needs. */
export interface Ink {
  text: string;
  faint: string;
  line: string;
  hover: string;
  accent: string;
  surface: string;
}

export function readInk(element: Element): Ink {
  const style = getComputedStyle(element);
  const get = (name: string) => style.getPropertyValue(name).trim();
  return { text: get("--text"), faint: get("--muted"), line: get("--line"), hover: get("--hover"), accent: get("--accent"), surface: get("--surface") };
}

interface View {
  width: number;
  height: number;
  left: number;
  top: number;
}

/** Draws what the window shows; its cost depends on the window, never on the size of the DAG. */
export function paintGrid(ctx: CanvasRenderingContext2D, scene: Scene, view: View): void {
  ctx.clearRect(0, 0, view.width, view.height);
  const columns = windowOf(view.left, view.width, COL, scene.data.runs.length, 1);
  const rows = windowOf(view.top, view.height - HEAD, ROW, scene.shown.length, 1);
  paintCross(ctx, scene, view);
  ctx.save();
  ctx.beginPath();
  ctx.rect(0, HEAD, view.width, view.height - HEAD);
  ctx.clip();
  for (let column = columns.from; column < columns.to; column++) {
    const run = scene.data.runs[column];
    const cells = run && scene.data.cells[run.run_id];
    if (!run || !cells) continue;
    const x = column * COL - view.left + (COL - CELL) / 2;
    for (let at = rows.from; at < rows.to; at++) {
      const index = scene.shown[at];
      if (index === undefined) continue;
      paintCell(ctx, scene, run.run_id, index, cells[index], x, HEAD + at * ROW - view.top + (ROW - CELL) / 2);
    }
  }
  paintCursor(ctx, scene, view);
  ctx.restore();
  paintHead(ctx, scene, view, columns.from, columns.to);
}

function paintCell(ctx: CanvasRenderingContext2D, scene: Scene, run: string, index: number, letter: string | undefined, x: number, y: number): void {
  const state = stateOfLetter(letter);
  if (!state) return;
  const row = scene.data.rows[index];
  if (!row) return;
  const parts = row.is_mapped ? scene.data.mapped[run]?.[row.id] : undefined;
  ctx.fillStyle = colour(state, scene.theme);
  if (row.kind === "group") {
    // A group is a wider, flatter stone than a task: it stands for several.
    roundRect(ctx, x - 1.5, y + 2, CELL + 3, CELL - 4, 4);
    return;
  }
  if (!parts) {
    roundRect(ctx, x, y, CELL, CELL, 4);
    return;
  }
  ctx.save();
  ctx.beginPath();
  ctx.roundRect(x, y, CELL, CELL, 4);
  ctx.clip();
  const total = Object.values(parts).reduce((sum, n) => sum + n, 0) || 1;
  let from = y;
  for (const [name, n] of Object.entries(parts)) {
    ctx.fillStyle = colour(asState(name), scene.theme);
    const tall = (n / total) * CELL;
    ctx.fillRect(x, from, CELL, tall + 0.5);
    from += tall;
  }
  ctx.restore();
}

function roundRect(ctx: CanvasRenderingContext2D, x: number, y: number, w: number, h: number, r: number): void {
  ctx.beginPath();
  ctx.roundRect(x, y, w, h, r);
  ctx.fill();
}

function paintCross(ctx: CanvasRenderingContext2D, scene: Scene, view: View): void {
  if (!scene.hover) return;
  ctx.fillStyle = scene.ink.hover;
  ctx.fillRect(scene.hover.column * COL - view.left, 0, COL, view.height);
  if (scene.hover.row >= 0) {
    const y = HEAD + scene.hover.row * ROW - view.top;
    if (y >= HEAD - ROW) ctx.fillRect(0, Math.max(HEAD, y), view.width, ROW);
  }
}

function paintCursor(ctx: CanvasRenderingContext2D, scene: Scene, view: View): void {
  const { cursor } = scene;
  if (!cursor) return;
  const x = cursor.column * COL - view.left;
  ctx.strokeStyle = scene.ink.accent;
  ctx.lineWidth = 2;
  if (cursor.row >= 0) {
    ctx.beginPath();
    ctx.roundRect(x + 1, HEAD + cursor.row * ROW - view.top + 3, COL - 2, ROW - 6, 6);
    ctx.stroke();
  }
}

function paintHead(ctx: CanvasRenderingContext2D, scene: Scene, view: View, from: number, to: number): void {
  const base = BARS + 6;
  ctx.fillStyle = scene.ink.line;
  ctx.fillRect(0, HEAD - 1, view.width, 1);
  for (let column = from; column < to; column++) {
    const run = scene.data.runs[column];
    if (!run) continue;
    const x = column * COL - view.left + (COL - CELL) / 2;
    const seconds = run.seconds ?? (run.started_at ? (scene.now - Date.parse(run.started_at)) / 1000 : null);
    const tall = barHeight(seconds, scene.longest);
    ctx.fillStyle = colour(run.state, scene.theme);
    ctx.beginPath();
    ctx.roundRect(x, base - tall, CELL, tall, [3, 3, 0, 0]);
    ctx.fill();
    if (scene.cursor?.column === column) {
      ctx.fillStyle = scene.ink.accent;
      ctx.fillRect(x, base + 2, CELL, 2);
    }
    if (run.run_type === "manual") paintManual(ctx, x + CELL / 2, base - tall - 5, scene.ink.faint);
  }
  ctx.fillStyle = scene.ink.faint;
  ctx.font = "11px system-ui, sans-serif";
  for (const tick of dayTicks(scene.data.runs, 48)) ctx.fillText(tick.text, tick.column * COL - view.left + 3, HEAD - 9);
}

/** A small triangle: someone pressed play. */
function paintManual(ctx: CanvasRenderingContext2D, x: number, y: number, ink: string): void {
  if (y < 3) y = 3;
  ctx.fillStyle = ink;
  ctx.beginPath();
  ctx.moveTo(x - 2.5, y - 3);
  ctx.lineTo(x + 3, y);
  ctx.lineTo(x - 2.5, y + 3);
  ctx.fill();
}
