import { useCallback, useEffect, useMemo, useRef, useState, type KeyboardEvent, type MouseEvent, type ReactNode } from "react";
import type { GridData } from "../../api/types";
import { LOOKS, stateOfLetter, UNFINISHED_RUNS, type ThemeName } from "../../lib/states";
import { useTheme } from "../../lib/theme";
import { duration, secondsBetween, shortStamp } from "../../lib/time";
import { GridLabels } from "./GridLabels";
import { COL, HEAD, ROW, spotAt, windowOf, type Span, type Spot } from "./gridLayout";
import { paintGrid, readInk, type Ink } from "./gridPaint";

interface Props {
  data: GridData;
  shown: number[];
  folded: ReadonlySet<string>;
  runId: string | null;
  taskId: string | null;
  labelWidth: number;
  /** what stands above the names */
  corner: ReactNode;
  onToggle: (group: string) => void;
  onSelect: (run: string | null, task: string | null) => void;
}

/** Runs by tasks on one canvas. The page holds only the names near the window. */
export function Grid({ data, shown, folded, runId, taskId, labelWidth, corner, onToggle, onSelect }: Props) {
  const theme = useTheme();
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  // Asking the style sheet on each frame would make scrolling wait for it.
  const ink = useRef<(Ink & { theme: ThemeName }) | null>(null);
  const [span, setSpan] = useState<Span>({ from: 0, to: 60 });
  const [hover, setHover] = useState<{ spot: Spot; x: number; y: number } | null>(null);
  const [moved, setMoved] = useState<Spot | null>(null);
  const selected = useMemo(() => spotOf(data, shown, runId, taskId), [data, shown, runId, taskId]);
  const cursor = moved ?? selected;
  const longest = useMemo(() => Math.max(0.001, ...data.runs.map((run) => run.seconds ?? 0)), [data.runs]);

  const draw = useCallback(() => {
    const box = scroller.current;
    const ctx = canvas.current?.getContext("2d");
    if (!box || !ctx) return;
    const scale = devicePixelRatio || 1;
    ctx.setTransform(scale, 0, 0, scale, 0, 0);
    if (ink.current?.theme !== theme) ink.current = { theme, ...readInk(box) };
    const scene = { data, shown, theme, ink: ink.current, longest, hover: hover?.spot ?? null, cursor, now: Date.now() };
    paintGrid(ctx, scene, { width: box.clientWidth - labelWidth, height: box.clientHeight, left: box.scrollLeft, top: box.scrollTop });
  }, [data, shown, theme, longest, hover, cursor, labelWidth]);
  const drawing = useRef(draw);
  drawing.current = draw;
  useEffect(draw, [draw]);
  useCanvasSize(scroller, canvas, labelWidth, drawing, setSpan, shown.length);

  useEffect(() => {
    if (!data.runs.some((run) => UNFINISHED_RUNS.has(run.state))) return;
    const timer = setInterval(() => drawing.current(), 1000);
    return () => clearInterval(timer);
  }, [data.runs]);

  useEffect(() => {
    const box = scroller.current;
    // The newest runs are on the right: start there.
    if (box) box.scrollLeft = box.scrollWidth;
  }, [data.runs.length]);
  useEffect(() => {
    if (selected) keepInView(scroller.current, selected, labelWidth);
  }, [selected, labelWidth]);

  const commit = useCallback((spot: Spot) => {
    const run = data.runs[spot.column];
    const row = spot.row >= 0 ? data.rows[shown[spot.row] ?? -1] : undefined;
    onSelect(run?.run_id ?? null, row?.kind === "task" ? row.id : null);
  }, [data, shown, onSelect]);
  useEffect(() => {
    if (!moved) return;
    // While arrows are held down, the panel beside waits: it opens where the cursor rests.
    const timer = setTimeout(() => { commit(moved); setMoved(null); }, 140);
    return () => clearTimeout(timer);
  }, [moved, commit]);

  const spotOfMouse = (event: MouseEvent<HTMLCanvasElement>): Spot | null => {
    const box = scroller.current;
    if (!box) return null;
    const { offsetX, offsetY } = event.nativeEvent;
    return spotAt(offsetX, offsetY, { left: box.scrollLeft, top: box.scrollTop }, { rows: shown.length, columns: data.runs.length });
  };
  const onClick = (event: MouseEvent<HTMLCanvasElement>) => {
    const spot = spotOfMouse(event);
    if (!spot) return;
    const row = data.rows[shown[spot.row] ?? -1];
    if (row?.kind === "group") onToggle(row.id);
    commit(spot);
  };
  const onKey = (event: KeyboardEvent) => {
    const from = cursor ?? { row: 0, column: data.runs.length - 1 };
    const row = data.rows[shown[from.row] ?? -1];
    if (event.key === " " && row?.kind === "group") onToggle(row.id);
    else if (event.key === "Enter") commit(from);
    else {
      const step = STEPS[event.key];
      if (!step) return;
      const page = event.shiftKey ? 10 : 1;
      const next = {
        row: clamp(from.row + step[0] * page, -1, shown.length - 1),
        column: clamp(from.column + step[1] * page, 0, data.runs.length - 1),
      };
      setMoved(next);
      keepInView(scroller.current, next, labelWidth);
    }
    event.preventDefault();
  };
  return (
    <div ref={scroller} className="grid" role="treegrid" tabIndex={0} aria-label="Grid: tasks by runs" aria-rowcount={shown.length} aria-colcount={data.runs.length} onKeyDown={onKey} onScroll={() => setHover(null)}>
      <div className="grid-size" style={{ width: labelWidth + data.runs.length * COL + 12, height: HEAD + shown.length * ROW + 8 }}>
        <div className="grid-labels" style={{ width: labelWidth }} role="rowgroup">
          {cursor && cursor.row >= 0 && <div className="grid-row-mark" style={{ top: HEAD + cursor.row * ROW, height: ROW }} />}
          {hover && hover.spot.row >= 0 && <div className="grid-row-mark faint" style={{ top: HEAD + hover.spot.row * ROW, height: ROW }} />}
          <GridLabels rows={data.rows} shown={shown} span={span} folded={folded} selected={taskId} onToggle={onToggle} onSelect={(task) => onSelect(runId ?? data.runs.at(-1)?.run_id ?? null, task)} />
        </div>
        <div className="grid-corner" style={{ width: labelWidth, height: HEAD }}>
          <span>{duration(longest)}</span>
          <span>{duration(longest / 2)}</span>
          <span>0</span>
          {corner}
        </div>
        <canvas
          ref={canvas}
          className="grid-canvas"
          style={{ left: labelWidth, marginLeft: labelWidth }}
          aria-hidden="true"
          onClick={onClick}
          onMouseMove={(event) => {
            const spot = spotOfMouse(event);
            setHover(spot && { spot, x: event.clientX, y: event.clientY });
          }}
          onMouseLeave={() => setHover(null)}
        />
      </div>
      {hover && <Tip data={data} shown={shown} hover={hover} />}
    </div>
  );
}

const STEPS: Record<string, [number, number]> = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function clamp(n: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, n));
}

function spotOf(data: GridData, shown: number[], run: string | null, task: string | null): Spot | null {
  const column = data.runs.findIndex((candidate) => candidate.run_id === run);
  if (column < 0) return null;
  return { column, row: task === null ? -1 : shown.findIndex((index) => data.rows[index]?.id === task) };
}

function keepInView(box: HTMLDivElement | null, spot: Spot, labelWidth: number): void {
  if (!box) return;
  const top = spot.row * ROW;
  const room = box.clientHeight - HEAD;
  if (spot.row >= 0 && top < box.scrollTop) box.scrollTop = top;
  else if (spot.row >= 0 && top + ROW > box.scrollTop + room) box.scrollTop = top + ROW - room;
  const left = spot.column * COL;
  const width = box.clientWidth - labelWidth;
  if (left < box.scrollLeft) box.scrollLeft = left;
  else if (left + COL > box.scrollLeft + width) box.scrollLeft = left + COL - width;
}

/** Keeps the canvas as large as the window over it, and redraws on scroll within the same frame. */
function useCanvasSize(
  scroller: React.RefObject<HTMLDivElement | null>,
  canvas: React.RefObject<HTMLCanvasElement | null>,
  labelWidth: number,
  drawing: React.RefObject<() => void>,
  setSpan: (update: (old: Span) => Span) => void,
  rowCount: number,
): void {
  useEffect(() => {
    const box = scroller.current;
    const sheet = canvas.current;
    if (!box || !sheet) return;
    const follow = () => {
      const need = windowOf(box.scrollTop, box.clientHeight, ROW, rowCount, 2);
      setSpan((old) => (need.from >= old.from && need.to <= Math.min(old.to, rowCount) ? old : windowOf(box.scrollTop, box.clientHeight, ROW, rowCount, 24)));
    };
    const size = () => {
      const scale = devicePixelRatio || 1;
      const width = Math.max(0, box.clientWidth - labelWidth);
      sheet.width = width * scale;
      sheet.height = box.clientHeight * scale;
      sheet.style.width = `${width}px`;
      sheet.style.height = `${box.clientHeight}px`;
      follow();
      drawing.current();
    };
    let frame = 0;
    const onScroll = () => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => {
        follow();
        drawing.current();
      });
    };
    const watcher = new ResizeObserver(size);
    watcher.observe(box);
    box.addEventListener("scroll", onScroll, { passive: true });
    size();
    return () => {
      watcher.disconnect();
      cancelAnimationFrame(frame);
      box.removeEventListener("scroll", onScroll);
    };
  }, [scroller, canvas, labelWidth, drawing, setSpan, rowCount]);
}

function Tip({ data, shown, hover }: { data: GridData; shown: number[]; hover: { spot: Spot; x: number; y: number } }) {
  const run = data.runs[hover.spot.column];
  if (!run) return null;
  const index = shown[hover.spot.row];
  const row = index === undefined ? undefined : data.rows[index];
  const state = row && index !== undefined ? stateOfLetter(data.cells[run.run_id]?.[index]) : run.state;
  const parts = row ? data.mapped[run.run_id]?.[row.id] : undefined;
  const flip = hover.x > innerWidth - 280;
  return (
    <div className="tip" style={{ top: Math.min(hover.y + 14, innerHeight - 110), [flip ? "right" : "left"]: flip ? innerWidth - hover.x + 12 : hover.x + 14 }}>
      {row && <strong>{row.id}</strong>}
      <span><i style={{ background: `var(--st-${state ?? "none"})` }} /> {state ? LOOKS[state].label : "not part of this run"}</span>
      {parts && <span className="muted">{Object.entries(parts).map(([name, n]) => `${n} ${name}`).join(", ")}</span>}
      <span className="muted">{run.run_type} · {shortStamp(run.logical_date ?? run.run_after)}{!row && ` · ${duration(run.seconds ?? secondsBetween(run.started_at, run.ended_at, Date.now()))}`}</span>
    </div>
  );
}
