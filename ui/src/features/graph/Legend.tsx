import type { TaskState } from "../../api/types";
import { LOOKS, TASK_STATES } from "../../lib/states";

interface Props {
  states: ReadonlyMap<string, TaskState | null>;
  lit: TaskState | null;
  onLight: (state: TaskState | null) => void;
}

/** The states in this run; pointing at one dims all boxes in another. */
export function Legend({ states, lit, onLight }: Props) {
  const present = new Set([...states.values()].map((state) => state ?? "none"));
  if (present.size === 0) return null;
  return (
    <div className="graph-legend" role="group" aria-label="States">
      {TASK_STATES.filter((state) => present.has(state)).map((state) => (
        <button key={state} type="button" aria-pressed={lit === state} title={LOOKS[state].meaning} onMouseEnter={() => onLight(state)} onMouseLeave={() => onLight(null)} onFocus={() => onLight(state)} onBlur={() => onLight(null)}>
          <i style={{ background: `var(--st-${state})` }} /> {LOOKS[state].label}
        </button>
      ))}
    </div>
  );
}
