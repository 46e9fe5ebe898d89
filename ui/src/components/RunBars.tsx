import { Link } from "react-router";
import type { RecentRun } from "../api/types";
import { duration, secondsBetween, shortStamp } from "../lib/time";
import { dagLink } from "../lib/url";

const SLOTS = 14;

/** The last runs: height is duration, colour is state. Square root, so that one long run does not flatten the rest. */
export function RunBars({ dagId, runs, now }: { dagId: string; runs: RecentRun[]; now: number }) {
  const lengths = runs.map((run) => run.seconds ?? secondsBetween(run.started_at, run.ended_at, now) ?? 0);
  const longest = Math.max(0.001, ...lengths);
  return (
    <div className="runbars">
      {Array.from({ length: Math.max(0, SLOTS - runs.length) }, (_, i) => (
        <span key={i} className="slot" />
      ))}
      {runs.map((run, i) => {
        const share = Math.sqrt((lengths[i] ?? 0) / longest);
        const text = `${run.state}, ${duration(lengths[i])}, ${shortStamp(run.run_after)}`;
        return (
          <Link key={run.run_id} to={dagLink(dagId, { run: run.run_id })} title={text} aria-label={`Run ${run.run_id}: ${text}`} data-state={run.state}>
            <span style={{ height: `${18 + 82 * share}%`, background: `var(--st-${run.state})` }} />
          </Link>
        );
      })}
    </div>
  );
}
