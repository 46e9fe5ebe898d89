import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef, useState } from "react";
import type { TaskRow } from "../../api/types";
import { Icon } from "../../components/Icon";
import { StateBadge } from "../../components/State";
import { asState, LOOKS, TASK_STATES } from "../../lib/states";
import { duration, secondsBetween } from "../../lib/time";

interface Props {
  tasks: TaskRow[];
  now: number;
  onTask: (task: string, map: number) => void;
}

const SIZE = 36;

export function TaskList({ tasks, now, onTask }: Props) {
  const [find, setFind] = useState("");
  const [state, setState] = useState("");
  const scroller = useRef<HTMLDivElement>(null);
  const shown = useMemo(() => {
    const wanted = find.toLowerCase();
    return tasks.filter((task) => task.task_id.toLowerCase().includes(wanted) && (state === "" || asState(task.state) === state));
  }, [tasks, find, state]);
  const rows = useVirtualizer({ count: shown.length, getScrollElement: () => scroller.current, estimateSize: () => SIZE, overscan: 12 });
  const present = new Set(tasks.map((task) => asState(task.state)));
  return (
    <div className="fill">
      <div className="toolbar">
        <label className="search small"><Icon name="search" size={14} /><input type="search" aria-label="Find a task" placeholder="Find a task" value={find} onChange={(event) => setFind(event.target.value)} /></label>
        <select aria-label="State" value={state} onChange={(event) => setState(event.target.value)}>
          <option value="">All states</option>
          {TASK_STATES.filter((name) => present.has(name)).map((name) => <option key={name} value={name}>{LOOKS[name].label}</option>)}
        </select>
        <span className="muted">{shown.length === tasks.length ? tasks.length : `${shown.length} of ${tasks.length}`}</span>
      </div>
      <div className="scroll" ref={scroller} tabIndex={0} role="table" aria-label="Tasks">
        <div style={{ height: rows.getTotalSize(), position: "relative" }}>
          {rows.getVirtualItems().map((item) => {
            const task = shown[item.index];
            if (!task) return null;
            return (
              <button key={`${task.task_id} ${task.map_index}`} type="button" role="row" className="task-row" style={{ transform: `translateY(${item.start}px)`, height: SIZE }} onClick={() => onTask(task.task_id, task.map_index)}>
                <span role="cell"><StateBadge state={task.state} /></span>
                <span role="cell" className="grow ellipsis">{task.task_id}{task.map_index >= 0 && <span className="muted"> [{task.map_label ?? task.map_index}]</span>}</span>
                {task.try_number > 1 && <span role="cell" className="muted">try {task.try_number}</span>}
                <span role="cell" className="num muted">{task.started_at ? duration(task.seconds ?? secondsBetween(task.started_at, task.ended_at, now)) : ""}</span>
              </button>
            );
          })}
        </div>
      </div>
    </div>
  );
}
