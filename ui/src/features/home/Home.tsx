import type { ReactNode } from "react";
import { Link } from "react-router";
import type { DagPage, DagRow, Health, ImportErrorRow, RecentRun } from "../../api/types";
import { Empty } from "../../components/Empty";
import { Icon } from "../../components/Icon";
import { Loading } from "../../components/Loading";
import { StateDot } from "../../components/State";
import { useNow } from "../../lib/clock";
import { duration, relative, secondsBetween, stamp } from "../../lib/time";
import { dagLink } from "../../lib/url";

interface Props {
  failed: DagPage | undefined;
  running: DagPage | undefined;
  next: DagPage | undefined;
  health: Health | undefined;
  importErrors: ImportErrorRow[];
}

/** What is broken, what runs, what is due: one look, each with the way there. */
export function Home({ failed, running, next, health, importErrors }: Props) {
  const now = useNow(1000);
  const counts = failed?.counts;
  if (counts && counts.all === 0 && importErrors.length === 0) return <FirstSteps health={health} now={now} />;
  const due = (next?.dags ?? []).filter((dag) => dag.next_run_after && !dag.is_paused).slice(0, 8);
  return (
    <div className="page home">
      <header className="page-head"><h1>Home</h1><HealthLine health={health} now={now} /></header>
      {importErrors.length > 0 && (
        <Link to="/import-errors" className="banner bad">
          <Icon name="warn" />
          <span>
            <strong>{importErrors.length === 1 ? "One DAG file cannot be imported" : `${importErrors.length} DAG files cannot be imported`}</strong>{" "}
            <span className="muted">{importErrors.slice(0, 3).map((error) => error.fileloc.split("/").at(-1)).join(", ")}</span>
          </span>
          <Icon name="chevron" size={16} />
        </Link>
      )}
      <div className="counters">
        <Counter label="Failed" value={counts?.failed} to="/dags?state=failed" tone={counts?.failed ? "bad" : "calm"} />
        <Counter label="Running" value={counts?.running} to="/dags?state=running" tone={counts?.running ? "busy" : "calm"} />
        <Counter label="Active" value={counts?.active} to="/dags?paused=false" tone="calm" />
        <Counter label="Paused" value={counts?.paused} to="/dags?paused=true" tone="calm" />
      </div>
      <div className="home-columns">
        <Card title="Last run failed" more={failed && failed.total > 8 ? "/dags?state=failed" : null}>
          {failed ? <RunList dags={failed.dags} pick="failed" now={now} nothing="No DAG's last run failed." /> : <Loading lines={4} />}
        </Card>
        <Card title="Running now" more={running && running.total > 8 ? "/dags?state=running" : null}>
          {running ? <RunList dags={running.dags} pick="running" now={now} nothing="Nothing runs at the moment." /> : <Loading lines={4} />}
        </Card>
        <Card title="Due next" more={null}>
          {next ? <DueList dags={due} now={now} /> : <Loading lines={4} />}
        </Card>
      </div>
    </div>
  );
}

function Counter({ label, value, to, tone }: { label: string; value: number | undefined; to: string; tone: "bad" | "busy" | "calm" }) {
  return (
    <Link to={to} className={`counter ${tone}`}>
      <strong>{value ?? "–"}</strong>
      <span>{label}</span>
    </Link>
  );
}

function Card({ title, more, children }: { title: string; more: string | null; children: ReactNode }) {
  return (
    <section className="card">
      <header><h2>{title}</h2>{more && <Link to={more}>All</Link>}</header>
      {children}
    </section>
  );
}

function RunList({ dags, pick, now, nothing }: { dags: DagRow[]; pick: "failed" | "running"; now: number; nothing: string }) {
  const rows = dags.flatMap((dag) => {
    const run = dag.recent_runs.findLast((candidate) => candidate.state === pick);
    return run ? [{ dag, run }] : [];
  });
  rows.sort((a, b) => moment(b.run).localeCompare(moment(a.run)));
  if (rows.length === 0) return <p className="muted card-nothing">{nothing}</p>;
  return (
    <ul className="rows">
      {rows.slice(0, 8).map(({ dag, run }) => (
        <li key={dag.dag_id}>
          <Link to={dagLink(dag.dag_id, { run: run.run_id })}>
            <StateDot state={run.state} />
            <span className="grow ellipsis">{dag.display_name || dag.dag_id}</span>
            <span className="muted num">{pick === "running" ? duration(secondsBetween(run.started_at, null, now)) : relative(run.ended_at ?? run.run_after, now)}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

function moment(run: RecentRun): string {
  return run.ended_at ?? run.started_at ?? run.run_after;
}

function DueList({ dags, now }: { dags: DagRow[]; now: number }) {
  if (dags.length === 0) return <p className="muted card-nothing">No active DAG has a schedule.</p>;
  return (
    <ul className="rows">
      {dags.map((dag) => (
        <li key={dag.dag_id}>
          <Link to={dagLink(dag.dag_id)}>
            <span className="grow ellipsis">{dag.display_name || dag.dag_id}</span>
            <span className="muted num" title={`${stamp(dag.next_run_after)} UTC`}>{relative(dag.next_run_after, now)}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

function HealthLine({ health, now }: { health: Health | undefined; now: number }) {
  if (!health) return null;
  return (
    <ul className="health" aria-label="Processes">
      {health.processes.map((process, i) => {
        const well = /^(healthy|running|ok|up|alive)$/.test(process.status);
        return (
          <li key={i} className={well ? "well" : "ill"} title={`${process.status}, last beat ${relative(process.beat_at, now)}`}>
            <i aria-hidden="true" /> {process.kind}
            {!well && <span> {process.status}</span>}
          </li>
        );
      })}
    </ul>
  );
}

function FirstSteps({ health, now }: { health: Health | undefined; now: number }) {
  return (
    <div className="page">
      <header className="page-head"><h1>Home</h1><HealthLine health={health} now={now} /></header>
      <Empty title="No DAGs yet">
        <p>Put a Python file into the DAGs folder and it appears here within a second:</p>
        <pre>{`from tradewind import dag, task

@dag(schedule="@daily", start_date="2026-01-01")
def hello():
    @task
    def greet():
        print("hello")
    greet()

hello()`}</pre>
        <p>Airflow's DAG files work as they are.</p>
      </Empty>
    </div>
  );
}
