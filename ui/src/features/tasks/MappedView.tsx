import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef, useState } from "react";
import type { MappedRow } from "../../api/types";
import { StateBadge, StateBar } from "../../components/State";
import { asState, LOOKS } from "../../lib/states";

/** The instances of a mapped task; a click on a state shows only those. */
export function MappedView({ mapped, onChoose }: { mapped: MappedRow[]; onChoose: (map: number) => void }) {
  const [only, setOnly] = useState<string | null>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const counts = useMemo(() => {
    const found: Record<string, number> = {};
    for (const row of mapped) found[asState(row.state)] = (found[asState(row.state)] ?? 0) + 1;
    return found;
  }, [mapped]);
  const shown = only === null ? mapped : mapped.filter((row) => asState(row.state) === only);
  const rows = useVirtualizer({ count: shown.length, getScrollElement: () => scroller.current, estimateSize: () => 36, overscan: 12 });
  return (
    <div className="fill">
      <StateBar counts={counts} />
      <div className="legend">
        {Object.entries(counts).map(([state, n]) => (
          <button key={state} type="button" aria-pressed={only === state} onClick={() => setOnly(only === state ? null : state)}>
            <i style={{ background: `var(--st-${state})` }} /> {n} {LOOKS[asState(state)].label}
          </button>
        ))}
      </div>
      <div className="scroll" ref={scroller} tabIndex={0}>
        <div style={{ height: rows.getTotalSize(), position: "relative" }}>
          {rows.getVirtualItems().map((item) => {
            const row = shown[item.index];
            return (
              row && (
                <button key={row.map_index} type="button" className="task-row" style={{ transform: `translateY(${item.start}px)`, height: 36 }} onClick={() => onChoose(row.map_index)}>
                  <StateBadge state={row.state} />
                  <span className="num">[{row.map_index}]</span>
                  <span className="grow ellipsis muted">{row.map_label}</span>
                </button>
              )
            );
          })}
        </div>
      </div>
    </div>
  );
}
