import { Link } from "react-router";
import type { DagDetail, Run } from "../../api/types";
import { Icon } from "../../components/Icon";
import { StateDot } from "../../components/State";
import { Switch } from "../../components/Switch";
import { Tabs } from "../../components/Tabs";
import { WhyLine } from "../../components/Why";
import { useNow } from "../../lib/clock";
import { covers, relative } from "../../lib/time";

export const VIEWS = ["grid", "graph", "runs", "code", "details"] as const;
export type DagView = (typeof VIEWS)[number];
const TABS: { id: DagView; label: string }[] = [
  { id: "grid", label: "Grid" },
  { id: "graph", label: "Graph" },
  { id: "runs", label: "Runs" },
  { id: "code", label: "Code" },
  { id: "details", label: "Details" },
];

/** What the header shows anyway, or what is as it should be. */
const QUIET = new Set(["next_run", "no_schedule", "due", "paused", "continuous", "once"]);

interface Props {
  dag: DagDetail;
  last: Run | undefined;
  view: DagView;
  paused: boolean;
  onView: (view: DagView) => void;
  onPause: (paused: boolean) => void;
  onTrigger: () => void;
}

function nextIn(at: string, now: number): string {
  return Date.parse(at) <= now ? "due now" : `next ${relative(at, now)}`;
}

export function DagHeader({ dag, last, view, paused, onView, onPause, onTrigger }: Props) {
  const now = useNow(5_000);
  return (
    <header className="dag-header">
      <nav className="crumbs" aria-label="Breadcrumb"><Link to="/dags">DAGs</Link><Icon name="chevron" size={13} /></nav>
      <div className="dag-title">
        {last && <StateDot state={last.state} />}
        <h1 className="ellipsis" title={dag.description ?? dag.dag_id}>{dag.display_name || dag.dag_id}</h1>
        {dag.tags.map((tag) => <Link key={tag} to={`/dags?tag=${encodeURIComponent(tag)}`} className="chip">{tag}</Link>)}
        {!dag.is_active && <span className="chip bad">file gone</span>}
        {dag.has_import_errors && <Link to="/import-errors" className="chip bad">import error</Link>}
      </div>
      <div className="dag-when">
        <code title={dag.timetable_description ?? ""}>{dag.timetable_summary ?? "no schedule"}</code>
        <span className="muted" title={dag.next_run_after ? `The next run ${covers(dag.next_interval_start, dag.next_interval_end, dag.next_run_after)} UTC` : ""}>
          {paused ? "paused" : dag.next_run_after ? nextIn(dag.next_run_after, now) : ""}
        </span>
        <Switch on={!paused} label={paused ? "Unpause the DAG" : "Pause the DAG"} onChange={(on) => onPause(!on)} />
        <button type="button" className="button primary" onClick={onTrigger}><Icon name="play" size={15} /> Trigger</button>
      </div>
      <WhyLine dagId={dag.dag_id} state={null} quiet={(reason) => QUIET.has(reason.code)} />
      <Tabs label="Views" tabs={TABS} current={view} onSelect={onView} />
    </header>
  );
}
