import type { TaskRow } from "../../api/types";

/** The parts of one task's time as shares (0 to 1) of the shown span. */
export interface GanttRow {
  task: TaskRow;
  from: number;
  /** waiting for a slot, then handed over and starting, then running */
  waited: number;
  started: number;
  ran: number;
}

export interface GanttPlan {
  rows: GanttRow[];
  start: number;
  end: number;
}

function ms(iso: string | null): number | null {
  return iso === null ? null : Date.parse(iso);
}

/** Places each task that began anything on one time axis, in the order they began. */
export function planGantt(tasks: TaskRow[], runStart: string | null, now: number): GanttPlan {
  const begun = tasks.flatMap((task) => {
    const began = ms(task.scheduled_at) ?? ms(task.queued_at) ?? ms(task.started_at);
    if (began === null) return [];
    const queued = ms(task.queued_at) ?? began;
    const started = ms(task.started_at);
    const ended = ms(task.ended_at) ?? now;
    return [{ task, began, queued: Math.max(began, queued), started, ended: Math.max(ended, began) }];
  });
  const first = Math.min(ms(runStart) ?? Infinity, ...begun.map((entry) => entry.began));
  const start = Number.isFinite(first) ? first : now;
  const end = Math.max(start + 1, ...begun.map((entry) => entry.ended));
  const share = (from: number, to: number) => Math.max(0, (to - from) / (end - start));
  begun.sort((a, b) => a.began - b.began || (a.started ?? 0) - (b.started ?? 0));
  const rows = begun.map((entry): GanttRow => {
    const start0 = entry.started ?? entry.ended;
    // A later try keeps the times of the first hand-over: never draw a part backwards.
    const queued = Math.min(entry.queued, start0);
    return {
      task: entry.task,
      from: share(start, entry.began),
      waited: share(entry.began, queued),
      started: share(queued, start0),
      ran: entry.started === null ? 0 : share(start0, entry.ended),
    };
  });
  return { rows, start, end };
}

/** Round marks for the axis, about `wanted` of them, in seconds from the start. */
export function axisMarks(seconds: number, wanted = 5): number[] {
  const rough = seconds / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough) ?? rough;
  const marks: number[] = [];
  for (let at = 0; at <= seconds; at += step) marks.push(Number(at.toPrecision(6)));
  return marks;
}
