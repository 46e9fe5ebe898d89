import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { taskQuery } from "../../api/queries";
import type { MappedRow, TaskDetail, TaskState } from "../../api/types";
import { Empty } from "../../components/Empty";
import { Facts } from "../../components/Facts";
import { Icon } from "../../components/Icon";
import { Journal } from "../../components/Journal";
import { JsonTree } from "../../components/JsonTree";
import { Loading } from "../../components/Loading";
import { Menu } from "../../components/Menu";
import { Problem } from "../../components/Problem";
import { StateBadge } from "../../components/State";
import { Tabs } from "../../components/Tabs";
import { WhyLine, WhyList } from "../../components/Why";
import type { OnAct } from "../../lib/acts";
import { useNow } from "../../lib/clock";
import { newestFirst } from "../../lib/journal";
import { asState, DONE, LOOKS, stateOfLetter, worstLetter } from "../../lib/states";
import { duration, secondsBetween, stamp } from "../../lib/time";
import type { Patch } from "../../lib/url";
import { AttemptsView } from "./AttemptsView";
import { MappedView } from "./MappedView";
import { RenderedView } from "./RenderedView";
import { XcomView } from "./XcomView";

const TABS = ["log", "mapped", "xcom", "rendered", "attempts", "why", "details"] as const;
type TaskTab = (typeof TABS)[number];

interface Props {
  dagId: string;
  runId: string;
  taskId: string;
  map: number;
  tab: string | null;
  tryNumber: number | null;
  patch: (changes: Patch) => void;
  onAct: OnAct;
  /** the log is a feature of its own; the route hands it in */
  log: (tryNumber: number, waiting: string | null, tools: ReactNode) => ReactNode;
}

export function TaskPanel({ dagId, runId, taskId, map, tab, tryNumber, patch, onAct, log }: Props) {
  const query = useQuery(taskQuery(dagId, runId, taskId, map));
  const running = query.data?.state === "running";
  const now = useNow(1000, running);
  const close = () => patch({ task: null, map: null, try: null, tab: null });
  if (query.error) return <div className="panel"><Problem error={query.error} retry={() => void query.refetch()} /><button type="button" className="button" onClick={close}>Back to the run</button></div>;
  if (!query.data) return <div className="panel"><Loading /></div>;
  const task = query.data;
  const isParent = map < 0 && (task.mapped?.length ?? 0) > 0;
  const tabs = tabsFor(task, isParent);
  const current = tabs.find((candidate) => candidate.id === tab)?.id ?? tabs[0]?.id ?? "details";
  return (
    <section className="panel" aria-label={`Task ${taskId}`}>
      <header className="panel-head">
        <div className="panel-title">
          <button type="button" className="icon-button" aria-label={map >= 0 ? "Back to the mapped task" : "Back to the run"} title="Back" onClick={() => patch(map >= 0 ? { map: null, try: null, tab: null } : { task: null, map: null, try: null, tab: null })}><Icon name="back" size={16} /></button>
          <StateBadge state={isParent ? stateOfAll(task.mapped ?? []) : task.state} />
          <h2 className="ellipsis" title={taskId}>{taskId}{map >= 0 && <span className="muted"> [{task.map_label ?? map}]</span>}</h2>
          <span className="muted num">{task.started_at ? duration(task.seconds ?? secondsBetween(task.started_at, task.ended_at, now)) : ""}</span>
        </div>
        <TaskActions runId={runId} taskId={taskId} map={map} onAct={onAct} onClose={() => patch({ run: null, task: null, map: null, try: null, tab: null })} />
      </header>
      {task.state !== "running" && task.state !== "success" && <WhyLine state={task.state} {...{ dagId, runId, taskId, map }} />}
      {(task.links?.length ?? 0) > 0 && (
        <nav className="panel-links" aria-label="Links of the task">
          {task.links?.map((link) => <a key={link.name} className="button" href={link.url} target="_blank" rel="noreferrer noopener">{link.name}</a>)}
        </nav>
      )}
      <Tabs label="Task instance" tabs={tabs} current={current} onSelect={(next) => patch({ tab: next })} />
      <div className="panel-body">
        <Body {...{ current, task, dagId, runId, taskId, map, tryNumber, patch, log, now }} />
      </div>
    </section>
  );
}

/** A mapped task shows the state of its most urgent instance, as in the grid. */
function stateOfAll(mapped: MappedRow[]): TaskState | null {
  return stateOfLetter(worstLetter(mapped.map((row) => LOOKS[asState(row.state)].letter)));
}

function tabsFor(task: TaskDetail, isParent: boolean): { id: TaskTab; label: string; count?: number }[] {
  const all: { id: TaskTab; label: string; count?: number }[] = [
    { id: "log", label: "Log" },
    { id: "xcom", label: "XCom" },
    { id: "rendered", label: "Rendered" },
    { id: "attempts", label: "Tries", ...(task.attempts.length > 1 ? { count: task.attempts.length } : {}) },
    { id: "why", label: "Why" },
    { id: "details", label: "Details" },
  ];
  if (!isParent) return all;
  const mapped = { id: "mapped" as const, label: "Instances", count: task.mapped?.length ?? 0 };
  return [mapped, ...all.filter((tab) => tab.id === "why" || tab.id === "details")];
}

interface BodyProps {
  current: TaskTab;
  task: TaskDetail;
  dagId: string;
  runId: string;
  taskId: string;
  map: number;
  tryNumber: number | null;
  patch: (changes: Patch) => void;
  log: Props["log"];
  now: number;
}

function Body({ current, task, dagId, runId, taskId, map, tryNumber, patch, log, now }: BodyProps) {
  switch (current) {
    case "log": {
      const tries = [...new Set(task.attempts.map((attempt) => attempt.try_number))];
      const shown = tryNumber ?? tries.at(-1) ?? task.try_number;
      const why = newestFirst(task.journal)[0]?.why ?? null;
      // Without a try there is no log to wait for; the push that brings the first try brings us back here.
      if (tries.length === 0) return <Empty title={task.state !== null && DONE.has(task.state) ? "This task did not run" : "No try yet"}>{why}</Empty>;
      return log(Math.max(1, shown), why, tries.length > 1 ? <TrySelect tries={tries} shown={shown} onChoose={(next) => patch({ try: String(next) })} /> : null);
    }
    case "mapped":
      return <MappedView mapped={task.mapped ?? []} onChoose={(next) => patch({ map: String(next), tab: null })} />;
    case "xcom":
      return <XcomView dagId={dagId} runId={runId} taskId={taskId} map={map} />;
    case "rendered":
      return <RenderedView rendered={task.rendered} />;
    case "attempts":
      return <AttemptsView attempts={task.attempts} now={now} onLog={(next) => patch({ tab: "log", try: String(next) })} />;
    case "why":
      return (
        <>
          <WhyList {...{ dagId, runId, taskId, map }} />
          <h3>Its moves</h3>
          <Journal entries={task.journal} />
        </>
      );
    case "details":
      return <Details task={task} now={now} />;
  }
}

function TrySelect({ tries, shown, onChoose }: { tries: number[]; shown: number; onChoose: (next: number) => void }) {
  return (
    <select aria-label="Try" value={shown} onChange={(event) => onChoose(Number(event.target.value))}>
      {tries.map((n) => <option key={n} value={n}>Try {n}</option>)}
    </select>
  );
}

function TaskActions({ runId, taskId, map, onAct, onClose }: { runId: string; taskId: string; map: number; onAct: OnAct; onClose: () => void }) {
  const task = { id: taskId, map };
  return (
    <div className="panel-acts">
      <button type="button" className="button" onClick={() => onAct({ kind: "clear", runId, task })}><Icon name="clear" size={15} /> Clear</button>
      <button type="button" className="button" title="Run it now, whatever it waits for" onClick={() => onAct({ kind: "run", runId, task })}><Icon name="play" size={15} /> Run</button>
      <Menu label="Mark task as" trigger={<>Mark <Icon name="down" size={13} /></>}>
        {(close) =>
          (["success", "failed", "skipped"] as const).map((state) => (
            <button key={state} type="button" role="menuitem" onClick={() => { close(); onAct({ kind: "mark", runId, task, state }); }}>
              <StateBadge state={state} />
            </button>
          ))
        }
      </Menu>
      <button type="button" className="icon-button" aria-label="Close panel" title="Close (Esc)" onClick={onClose}><Icon name="close" /></button>
    </div>
  );
}

function Details({ task, now }: { task: TaskDetail; now: number }) {
  return (
    <>
      <Facts
        facts={[
          ["Operator", task.operator],
          ["Try", `${task.try_number} of ${task.max_tries}`],
          ["Pool", (task.pool_slots ?? 1) > 1 ? `${task.pool}, ${task.pool_slots} slots` : task.pool],
          ["Priority weight", task.priority === undefined ? null : `${task.priority} (with what its weight rule adds)`],
          ["Queue", task.queue],
          ["Scheduled", task.scheduled_at && stamp(task.scheduled_at)],
          ["Queued", task.queued_at && stamp(task.queued_at)],
          ["Started", task.started_at && stamp(task.started_at)],
          ["Waited", task.started_at && duration(secondsBetween(task.scheduled_at ?? task.queued_at, task.started_at, now))],
          ["Ended", task.ended_at && stamp(task.ended_at)],
          ["Duration", task.seconds === null ? null : duration(task.seconds)],
          ["Note", task.note],
          ["By hand", task.command && <code>{task.command}</code>],
        ]}
      />
      {task.spec && (
        <>
          <h3>As written in the DAG</h3>
          <JsonTree value={task.spec} />
        </>
      )}
    </>
  );
}
