import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef } from "react";
import { Link } from "react-router";
import type { Run } from "../../api/types";
import { Empty } from "../../components/Empty";
import { StateBadge } from "../../components/State";
import { useNow } from "../../lib/clock";
import { duration, secondsBetween, stamp } from "../../lib/time";
import { dagLink } from "../../lib/url";

const SIZE = 40;

export function RunsTable({ dagId, runs, runId }: { dagId: string; runs: Run[]; runId: string | null }) {
  const now = useNow(1000, runs.some((run) => run.state === "running"));
  const scroller = useRef<HTMLDivElement>(null);
  const newestFirst = [...runs].reverse();
  const rows = useVirtualizer({ count: newestFirst.length, getScrollElement: () => scroller.current, estimateSize: () => SIZE, overscan: 10 });
  if (runs.length === 0) return <Empty title="No runs yet">Trigger the DAG (key <kbd>t</kbd>), or unpause it and wait for its schedule.</Empty>;
  return (
    <div className="run-table" ref={scroller} role="table" aria-label="Runs" aria-rowcount={runs.length} tabIndex={0}>
      <div className="run-row run-head" role="row">
        {["State", "Logical date", "Type", "Started", "Duration", "Version", "Run id"].map((title) => <span key={title} role="columnheader">{title}</span>)}
      </div>
      <div style={{ height: rows.getTotalSize(), position: "relative" }}>
        {rows.getVirtualItems().map((item) => {
          const run = newestFirst[item.index];
          if (!run) return null;
          return (
            <Link key={run.run_id} role="row" to={dagLink(dagId, { run: run.run_id }, "runs")} className={run.run_id === runId ? "run-row selected" : "run-row"} style={{ position: "absolute", insetInline: 0, transform: `translateY(${item.start}px)`, height: SIZE }}>
              <span role="cell"><StateBadge state={run.state} /></span>
              <span role="cell" className="num">{stamp(run.logical_date)}</span>
              <span role="cell">{run.run_type}</span>
              <span role="cell" className="num">{stamp(run.started_at)}</span>
              <span role="cell" className="num">{duration(run.seconds ?? secondsBetween(run.started_at, run.ended_at, now))}</span>
              <span role="cell" className="num">{run.version === null ? "–" : `v${run.version}`}</span>
              <span role="cell" className="ellipsis muted" title={run.note ?? run.run_id}>{run.note ? `“${run.note}”` : run.run_id}</span>
            </Link>
          );
        })}
      </div>
    </div>
  );
}
