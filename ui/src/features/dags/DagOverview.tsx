import type { DagDetail, Run } from "../../api/types";
import { Facts } from "../../components/Facts";
import { JsonTree } from "../../components/JsonTree";
import { Markdown } from "../../components/Markdown";
import { covers, duration, stamp } from "../../lib/time";

/** What the DAG is and how it has been doing; shown while nothing is selected. */
export function DagOverview({ dag, runs, full }: { dag: DagDetail; runs: Run[]; full: boolean }) {
  const stats = statsOf(runs);
  const params = Object.fromEntries(Object.entries(dag.params).map(([name, param]) => [name, param.value]));
  return (
    <div className="panel-body overview">
      {stats && (
        <div className="stats">
          <Stat value={`${Math.round(stats.good * 100)} %`} label={`of the last ${stats.done} runs succeeded`} />
          <Stat value={duration(stats.p50)} label="median duration" />
          <Stat value={duration(stats.p95)} label="95 % take no longer" />
        </div>
      )}
      {dag.doc_md && <Markdown source={dag.doc_md} />}
      {!dag.doc_md && dag.description && <p>{dag.description}</p>}
      {!dag.doc_md && !dag.description && !full && <p className="muted">Choose a cell of the grid to see its log, a bar to see its run. Set <code>doc_md</code> on the DAG to describe it here.</p>}
      <h3>Details</h3>
      <Facts
        facts={[
          ["DAG id", <code key="id">{dag.dag_id}</code>],
          ["Schedule", dag.timetable_summary && `${dag.timetable_summary}${dag.timetable_description && dag.timetable_description !== dag.timetable_summary ? ` (${dag.timetable_description})` : ""}`],
          ["Next run", dag.next_run_after && `${covers(dag.next_interval_start, dag.next_interval_end, dag.next_run_after)} UTC`],
          ["Owners", dag.owners.join(", ")],
          ["Start date", dag.start_date && stamp(dag.start_date)],
          ["End date", dag.end_date && stamp(dag.end_date)],
          ["Time zone", dag.timezone],
          ["Catch-up", dag.catchup ? "yes" : "no"],
          ["Max active runs", dag.max_active_runs],
          ["Max active tasks", dag.max_active_tasks],
          ["File", <code key="file">{dag.fileloc}</code>],
          ["Version", dag.version && `v${dag.version.number}, ${stamp(dag.version.created_at)}`],
          ["Hash", full && dag.version ? <code key="hash">{dag.version.hash.slice(0, 16)}</code> : null],
        ]}
      />
      {Object.keys(params).length > 0 && (
        <>
          <h3>Params</h3>
          <JsonTree value={params} />
        </>
      )}
    </div>
  );
}

function Stat({ value, label }: { value: string; label: string }) {
  return (
    <div className="stat">
      <strong className="num">{value}</strong>
      <span className="muted">{label}</span>
    </div>
  );
}

function statsOf(runs: Run[]): { done: number; good: number; p50: number; p95: number } | null {
  const done = runs.filter((run) => run.state === "success" || run.state === "failed");
  const lengths = done.flatMap((run) => (run.seconds === null ? [] : [run.seconds])).sort((a, b) => a - b);
  if (done.length === 0 || lengths.length === 0) return null;
  const at = (share: number) => lengths[Math.min(lengths.length - 1, Math.floor(share * lengths.length))] ?? 0;
  return { done: done.length, good: done.filter((run) => run.state === "success").length / done.length, p50: at(0.5), p95: at(0.95) };
}
