import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, Navigate, useNavigate, useParams } from "react-router";
import { path, request } from "../api/client";
import { Dialog } from "../components/Dialog";
import { Empty } from "../components/Empty";
import { Loading } from "../components/Loading";
import { Problem } from "../components/Problem";
import { StateDot } from "../components/State";
import { Tabs } from "../components/Tabs";
import { useTab } from "../lib/tab";
import { stamp } from "../lib/time";
import { dagLink } from "../lib/url";

const TABS = [{ id: "sla-misses", label: "SLA misses" }, { id: "callbacks", label: "Callbacks" }] as const;
const MOST = 200;
/** Misses and callbacks come without a knock: looked for now and then while the page is open. */
const LOOK_MS = 10_000;

interface SlaMiss {
  dag_id: string;
  task_id: string;
  dag_run_id: string;
  logical_date: string | null;
  run_start_date: string | null;
  due_at: string;
  timestamp: string;
  email_sent: boolean;
  notification_sent: boolean;
  callback_id: number | null;
}

interface Callback {
  callback_id: number;
  dag_id: string;
  dag_run_id: string;
  name: string;
  reason: string;
  state: "due" | "running" | "success" | "failed" | "lost";
  tries: number;
  task_id: string | null;
  created_at: string;
  ended_at: string | null;
  error: string | null;
}

/** What DAGs told people, or tried to. */
export function BrowseRoute() {
  const { what } = useParams();
  const navigate = useNavigate();
  const tab = TABS.find((one) => one.id === what);
  useTab(tab?.label ?? "Browse");
  if (!tab) return <Navigate to="/browse/sla-misses" replace />;
  return (
    <div className="page">
      <header className="page-head"><h1>Browse</h1></header>
      <Tabs label="Browse" tabs={[...TABS]} current={tab.id} onSelect={(id) => void navigate(`/browse/${id}`)} />
      {tab.id === "callbacks" ? <Callbacks /> : <SlaMisses />}
    </div>
  );
}

function SlaMisses() {
  const { data, error, refetch } = useQuery({
    queryKey: ["sla_misses"],
    queryFn: ({ signal }) => request<{ sla_misses: SlaMiss[]; total_entries: number }>("/api/v1/slaMisses", { query: { limit: MOST }, signal }),
    staleTime: 0,
    refetchInterval: LOOK_MS,
  });
  if (error) return <Problem error={error} retry={() => void refetch()} />;
  if (!data) return <Loading />;
  if (data.sla_misses.length === 0) return <Empty title="No task missed its SLA">Give a task <code>sla=timedelta(…)</code>: when it has not succeeded so long after its run was due, it is listed here, and people are told.</Empty>;
  return (
    <div className="admin-table scroll-x">
      <table>
        <thead>
          <tr>{["DAG", "Task", "Logical date", "Run started", "Due", "Noticed", "Mail", "Function"].map((title) => <th key={title} scope="col">{title}</th>)}</tr>
        </thead>
        <tbody>
          {data.sla_misses.map((miss) => (
            <tr key={`${miss.dag_id} ${miss.dag_run_id} ${miss.task_id}`}>
              <td><Link to={dagLink(miss.dag_id)}>{miss.dag_id}</Link></td>
              <td><Link to={dagLink(miss.dag_id, { run: miss.dag_run_id, task: miss.task_id })}>{miss.task_id}</Link></td>
              <td className="num">{stamp(miss.logical_date)}</td>
              <td className="num">{stamp(miss.run_start_date)}</td>
              <td className="num">{stamp(miss.due_at)}</td>
              <td className="num">{stamp(miss.timestamp)}</td>
              <td>{miss.email_sent ? "sent" : "–"}</td>
              <td>{miss.notification_sent ? "called" : "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Each state of a callback looks like the state of a task that means the same. */
const LIKE = { due: "scheduled", running: "running", success: "success", failed: "failed", lost: "upstream_failed" } as const;

function Callbacks() {
  const [open, setOpen] = useState<Callback | null>(null);
  const { data, error, refetch } = useQuery({
    queryKey: ["callbacks"],
    queryFn: ({ signal }) => request<{ callbacks: Callback[]; total_entries: number }>("/api/v1/callbacks", { query: { limit: MOST }, signal }),
    staleTime: 0,
    refetchInterval: LOOK_MS,
  });
  if (error) return <Problem error={error} retry={() => void refetch()} />;
  if (!data) return <Loading />;
  if (data.callbacks.length === 0) return <Empty title="No DAG had anything to tell">A DAG with <code>on_failure_callback</code>, <code>sla_miss_callback</code> or a <code>deadline</code> has its calls listed here, with their logs.</Empty>;
  return (
    <div className="admin-table scroll-x">
      <table>
        <thead>
          <tr>{["State", "DAG", "Run", "Function", "Why", "Written", "Ended", "Tries", "Error"].map((title) => <th key={title} scope="col">{title}</th>)}</tr>
        </thead>
        <tbody>
          {data.callbacks.map((row) => (
            <tr key={row.callback_id}>
              <td><StateDot state={LIKE[row.state]} /> {row.state}</td>
              <td><Link to={dagLink(row.dag_id)}>{row.dag_id}</Link></td>
              <td><Link to={dagLink(row.dag_id, { run: row.dag_run_id })}>{row.dag_run_id}</Link></td>
              <td><button type="button" className="admin-name" onClick={() => setOpen(row)} title="Show its log">{row.name}</button></td>
              <td>{row.reason}{row.task_id ? ` (${row.task_id})` : ""}</td>
              <td className="num">{stamp(row.created_at)}</td>
              <td className="num">{stamp(row.ended_at)}</td>
              <td className="num">{row.tries}</td>
              <td title={row.error ?? undefined}>{row.error ?? ""}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {open && <CallbackLog row={open} onClose={() => setOpen(null)} />}
    </div>
  );
}

function CallbackLog({ row, onClose }: { row: Callback; onClose: () => void }) {
  const { data, error } = useQuery({
    queryKey: ["callbacks", row.callback_id, "log"],
    queryFn: ({ signal }) => request<{ text: string; ended: boolean }>(path`/api/v1/callbacks/${row.callback_id}/logs`, { signal }),
    staleTime: 0,
  });
  return (
    <Dialog title={`${row.name} of ${row.dag_id}`} onClose={onClose} wide>
      {error && <Problem error={error} />}
      {!data && !error && <Loading />}
      {data && <pre className="scroll-x">{data.text || "It has written nothing."}</pre>}
    </Dialog>
  );
}
