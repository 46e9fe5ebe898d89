import { useQuery } from "@tanstack/react-query";
import { runQuery, runTasksQuery } from "../../api/queries";
import type { RunDetail } from "../../api/types";
import { Facts } from "../../components/Facts";
import { Icon } from "../../components/Icon";
import { Journal } from "../../components/Journal";
import { JsonTree } from "../../components/JsonTree";
import { Loading } from "../../components/Loading";
import { Menu } from "../../components/Menu";
import { Problem } from "../../components/Problem";
import { StateBadge, StateBar } from "../../components/State";
import { Tabs } from "../../components/Tabs";
import { WhyLine, WhyList } from "../../components/Why";
import type { OnAct } from "../../lib/acts";
import { useNow } from "../../lib/clock";
import { asState, LOOKS } from "../../lib/states";
import { capital, covers, duration, secondsBetween, stamp } from "../../lib/time";
import { Gantt } from "./Gantt";
import { TaskList } from "./TaskList";

type RunTab = "overview" | "tasks" | "timeline";
const TABS: { id: RunTab; label: string }[] = [{ id: "overview", label: "Overview" }, { id: "tasks", label: "Tasks" }, { id: "timeline", label: "Timeline" }];

interface Props {
  dagId: string;
  runId: string;
  tab: string | null;
  onTab: (tab: RunTab) => void;
  onTask: (task: string, map: number) => void;
  onAct: OnAct;
  onClose: () => void;
}

export function RunPanel({ dagId, runId, tab, onTab, onTask, onAct, onClose }: Props) {
  const run = useQuery(runQuery(dagId, runId));
  const current: RunTab = tab === "tasks" || tab === "timeline" ? tab : "overview";
  const tasks = useQuery({ ...runTasksQuery(dagId, runId), enabled: current !== "overview" });
  const live = run.data?.state === "running";
  const now = useNow(1000, live);
  if (run.error) return <div className="panel"><Problem error={run.error} retry={() => void run.refetch()} /><button type="button" className="button" onClick={onClose}>Close</button></div>;
  if (!run.data) return <div className="panel"><Loading /></div>;
  const detail = run.data;
  return (
    <section className="panel" aria-label={`Run ${runId}`}>
      <header className="panel-head">
        <div className="panel-title">
          <StateBadge state={detail.state} />
          <h2 className="ellipsis" title={runId}>{detail.logical_date ? stamp(detail.logical_date) : runId}</h2>
          <span className="muted num">{duration(detail.seconds ?? secondsBetween(detail.started_at, detail.ended_at, now))}</span>
        </div>
        <RunActions runId={runId} onAct={onAct} onClose={onClose} />
      </header>
      {detail.state !== "success" && <WhyLine state={detail.state} quiet={(reason) => reason.code === "running"} {...{ dagId, runId }} />}
      <Tabs label="Run" tabs={TABS} current={current} onSelect={onTab} />
      <div className="panel-body">
        {current === "overview" && <Overview run={detail} dagId={dagId} />}
        {tasks.error && <Problem error={tasks.error} retry={() => void tasks.refetch()} />}
        {current !== "overview" && tasks.isPending && <Loading />}
        {current === "tasks" && tasks.data && <TaskList tasks={tasks.data.tasks} now={now} onTask={onTask} />}
        {current === "timeline" && tasks.data && <Gantt tasks={tasks.data.tasks} run={detail} now={now} onTask={onTask} />}
      </div>
    </section>
  );
}

function RunActions({ runId, onAct, onClose }: { runId: string; onAct: OnAct; onClose: () => void }) {
  return (
    <div className="panel-acts">
      <button type="button" className="button" onClick={() => onAct({ kind: "clear", runId, task: null })}><Icon name="clear" size={15} /> Clear</button>
      <Menu label="Mark run as" trigger={<>Mark <Icon name="down" size={13} /></>}>
        {(close) =>
          (["success", "failed"] as const).map((state) => (
            <button key={state} type="button" role="menuitem" onClick={() => { close(); onAct({ kind: "mark", runId, task: null, state }); }}>
              <StateBadge state={state} />
            </button>
          ))
        }
      </Menu>
      <button type="button" className="icon-button" aria-label="Delete run" title="Delete run" onClick={() => onAct({ kind: "delete", runId })}><Icon name="trash" /></button>
      <button type="button" className="icon-button" aria-label="Close panel" title="Close (Esc)" onClick={onClose}><Icon name="close" /></button>
    </div>
  );
}

function Overview({ run, dagId }: { run: RunDetail; dagId: string }) {
  const waited = secondsBetween(run.queued_at, run.started_at, Date.now());
  return (
    <>
      <StateBar counts={run.counts} />
      <ul className="legend">
        {Object.entries(run.counts).filter(([, n]) => n > 0).map(([state, n]) => (
          <li key={state}><i style={{ background: `var(--st-${asState(state)})` }} /> {n} {LOOKS[asState(state)].label}</li>
        ))}
      </ul>
      <p className="covers" title="The interval of the data, and the moment from which the run may start. The logical date is the start of the interval.">{capital(covers(run.interval_start, run.interval_end, run.run_after))} UTC</p>
      {run.note && <blockquote className="note">{run.note}</blockquote>}
      <h3>Why</h3>
      <WhyList dagId={dagId} runId={run.run_id} />
      <Journal entries={run.journal} />
      {run.conf && Object.keys(run.conf).length > 0 && (
        <>
          <h3>Conf</h3>
          <JsonTree value={run.conf} />
        </>
      )}
      <h3>Details</h3>
      <Facts
        facts={[
          ["Run id", <code key="id">{run.run_id}</code>],
          ["Type", run.run_type],
          ["Triggered by", run.triggered_by],
          ["Logical date", run.logical_date && stamp(run.logical_date)],
          ["Run after", stamp(run.run_after)],
          ["Queued", run.queued_at && stamp(run.queued_at)],
          ["Started", run.started_at && stamp(run.started_at)],
          ["Waited", waited === null ? null : duration(waited)],
          ["Ended", run.ended_at && stamp(run.ended_at)],
          ["Duration", run.seconds === null ? null : duration(run.seconds)],
          ["DAG version", run.version === null ? null : `v${run.version}`],
        ]}
      />
    </>
  );
}
