import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef } from "react";
import type { RunDetail, TaskRow } from "../../api/types";
import { Empty } from "../../components/Empty";
import { asState } from "../../lib/states";
import { duration, secondsBetween } from "../../lib/time";
import { axisMarks, planGantt, type GanttRow } from "./ganttLayout";

interface Props {
  tasks: TaskRow[];
  run: RunDetail;
  now: number;
  onTask: (task: string, map: number) => void;
}

const SIZE = 26;
/** Shares that add up to less than one would leave a part of the bar empty. */
const GROW = 10_000;
const pct = (share: number) => `${share * 100}%`;

export function Gantt({ tasks, run, now, onTask }: Props) {
  const live = run.state === "running";
  const plan = useMemo(() => planGantt(tasks, run.started_at, live ? now : Date.parse(run.ended_at ?? "") || now), [tasks, run, live, now]);
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({ count: plan.rows.length, getScrollElement: () => scroller.current, estimateSize: () => SIZE, overscan: 16 });
  const seconds = (plan.end - plan.start) / 1000;
  if (plan.rows.length === 0) return <Empty title="No task has begun" />;
  return (
    <div className="fill gantt">
      <ul className="legend">
        <li><i className="waited" /> waiting for a slot</li>
        <li><i className="starting" /> handed over</li>
        <li><i style={{ background: "var(--st-success)" }} /> running, in the colour of its state</li>
      </ul>
      <div className="gantt-axis" aria-hidden="true">
        {axisMarks(seconds).map((mark) => <span key={mark} style={{ left: pct(mark / seconds) }}>{mark === 0 ? "0" : duration(mark)}</span>)}
      </div>
      <div className="scroll" ref={scroller} tabIndex={0} aria-label="Timeline">
        <div style={{ height: rows.getTotalSize(), position: "relative" }}>
          {rows.getVirtualItems().map((item) => {
            const row = plan.rows[item.index];
            return row && <Line key={`${row.task.task_id} ${row.task.map_index}`} row={row} top={item.start} now={now} onTask={onTask} />;
          })}
        </div>
      </div>
    </div>
  );
}

function Line({ row, top, now, onTask }: { row: GanttRow; top: number; now: number; onTask: Props["onTask"] }) {
  const { task } = row;
  const name = task.map_index >= 0 ? `${task.task_id} [${task.map_index}]` : task.task_id;
  const waited = secondsBetween(task.scheduled_at ?? task.queued_at, task.started_at, now);
  const ran = secondsBetween(task.started_at, task.ended_at, now);
  const label = `${name}: waited ${duration(waited)}, ran ${duration(ran)}`;
  return (
    <button type="button" className="gantt-row" style={{ transform: `translateY(${top}px)`, height: SIZE }} title={label} aria-label={label} onClick={() => onTask(task.task_id, task.map_index)}>
      <span className="gantt-name ellipsis">{name}</span>
      <span className="gantt-track">
        <span className="gantt-bar" style={{ left: pct(row.from), width: pct(row.waited + row.started + row.ran) }}>
          <i className="waited" style={{ flexGrow: row.waited * GROW }} />
          <i className="starting" style={{ flexGrow: row.started * GROW }} />
          <i style={{ flexGrow: row.ran * GROW, background: `var(--st-${asState(task.state)})` }} />
        </span>
      </span>
      <span className="gantt-time num muted">{task.started_at ? duration(ran) : "–"}</span>
    </button>
  );
}
