import { memo } from "react";
import { Link } from "react-router";
import type { DagRow } from "../../api/types";
import { Icon } from "../../components/Icon";
import { RunBars } from "../../components/RunBars";
import { Switch } from "../../components/Switch";
import { duration, relative, secondsBetween, stamp } from "../../lib/time";
import { dagLink } from "../../lib/url";

interface Props {
  dag: DagRow | undefined;
  now: number;
  /** the state the switch is on its way to; null when it rests */
  busy: boolean | null;
  onPause: (dag: string, paused: boolean) => void;
  onTrigger: (dag: string) => void;
}

export const DagListRow = memo(function DagListRow({ dag, now, busy, onPause, onTrigger }: Props) {
  if (!dag) return <div className="dag-row waiting" role="row" aria-busy="true" />;
  const paused = busy ?? dag.is_paused;
  const last = dag.recent_runs.at(-1);
  return (
    <div className={paused ? "dag-row paused" : "dag-row"} role="row">
      <span role="cell"><Switch on={!paused} label={`${paused ? "Unpause" : "Pause"} ${dag.dag_id}`} onChange={(on) => onPause(dag.dag_id, !on)} /></span>
      <span role="cell" className="dag-name">
        <Link to={dagLink(dag.dag_id)} className="ellipsis" title={dag.description ?? dag.dag_id}>{dag.display_name || dag.dag_id}</Link>
        <span className="dag-sub ellipsis">
          {dag.has_import_errors && <Link to="/import-errors" className="chip bad">import error</Link>}
          {dag.tags.map((tag) => <Link key={tag} to={`/dags?tag=${encodeURIComponent(tag)}`} className="chip">{tag}</Link>)}
          {dag.tags.length === 0 && <span className="muted">{dag.description ?? dag.owners.join(", ")}</span>}
        </span>
      </span>
      <span role="cell" className="dag-schedule"><code title={dag.timetable_description ?? ""}>{dag.timetable_summary ?? "none"}</code></span>
      <span role="cell" className="dag-next muted" title={dag.next_run_after ? `${stamp(dag.next_run_after)} UTC` : ""}>{paused ? "paused" : relative(dag.next_run_after, now)}</span>
      <span role="cell" className="dag-bars"><RunBars dagId={dag.dag_id} runs={dag.recent_runs} now={now} /></span>
      <span role="cell" className="dag-last">
        {last ? (
          <Link to={dagLink(dag.dag_id, { run: last.run_id })} title={`${last.state}, ${stamp(last.run_after)} UTC`}>
            <span className="num">{last.started_at ? duration(last.seconds ?? secondsBetween(last.started_at, last.ended_at, now)) : last.state}</span>
            <small className="muted">{relative(last.ended_at ?? last.started_at ?? last.run_after, now)}</small>
          </Link>
        ) : (
          <small className="muted">no runs yet</small>
        )}
      </span>
      <span role="cell" className="dag-act">
        <button type="button" className="icon-button" aria-label={`Trigger ${dag.dag_id}`} title="Trigger" onClick={() => onTrigger(dag.dag_id)}>
          <Icon name="play" />
        </button>
      </span>
    </div>
  );
});
