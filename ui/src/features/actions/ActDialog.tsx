import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys, runTasksQuery } from "../../api/queries";
import type { TouchedTask } from "../../api/types";
import { clearTasks, deleteRun, markRun, markTask, runTask, type ClearOptions } from "../../api/verbs";
import { Dialog } from "../../components/Dialog";
import { Loading } from "../../components/Loading";
import { Problem } from "../../components/Problem";
import { StateBadge, StateDot } from "../../components/State";
import { say } from "../../components/Toast";
import type { Act } from "../../lib/acts";
import { asState, DONE } from "../../lib/states";

interface Props {
  dagId: string;
  act: Exclude<Act, { kind: "trigger" }>;
  onClose: () => void;
  onDeleted: () => void;
}

/** Shows what a verb would do before it is done. */
export function ActDialog({ dagId, act, onClose, onDeleted }: Props) {
  if (act.kind === "clear") return <ClearDialog dagId={dagId} act={act} onClose={onClose} />;
  if (act.kind === "run") return <RunDialog dagId={dagId} act={act} onClose={onClose} />;
  if (act.kind === "mark") return <MarkDialog dagId={dagId} act={act} onClose={onClose} />;
  return <DeleteDialog dagId={dagId} runId={act.runId} onClose={onClose} onDeleted={onDeleted} />;
}

function useRefresh(dagId: string): () => void {
  const client = useQueryClient();
  return () => {
    void client.invalidateQueries({ queryKey: keys.dag(dagId) });
    void client.invalidateQueries({ queryKey: keys.dagLists });
  };
}

function ClearDialog({ dagId, act, onClose }: { dagId: string; act: Extract<Act, { kind: "clear" }>; onClose: () => void }) {
  const refresh = useRefresh(dagId);
  const [options, setOptions] = useState<ClearOptions>({ upstream: false, downstream: act.task !== null, onlyFailed: false });
  const ids: [string, number][] | null = act.task ? [[act.task.id, act.task.map]] : null;
  const preview = useQuery({
    queryKey: [...keys.dag(dagId), "preview", act.runId, ids, options],
    queryFn: () => clearTasks(dagId, act.runId, ids, options, true),
    staleTime: 0,
    retry: false,
  });
  const clear = useMutation({
    mutationFn: () => clearTasks(dagId, act.runId, ids, options, false),
    meta: { ownProblem: true },
    onSuccess: () => {
      refresh();
      say("Cleared; the scheduler runs it again");
      onClose();
    },
  });
  const count = preview.data?.length ?? 0;
  return (
    <Dialog
      title={act.task ? `Clear ${act.task.id}` : "Clear the run"}
      onClose={onClose}
      footer={
        <>
          <button type="button" className="button" onClick={onClose}>Cancel</button>
          <button type="button" className="button primary" disabled={count === 0 || clear.isPending} onClick={() => clear.mutate()}>
            {count === 0 ? "Nothing to clear" : count === 1 ? "Clear 1 task" : `Clear ${count} tasks`}
          </button>
        </>
      }
    >
      <p className="muted">Cleared tasks run again; tries and logs are kept.</p>
      <div className="checks">
        {act.task && <Check label="Upstream tasks" on={options.upstream} onChange={(upstream) => setOptions({ ...options, upstream })} />}
        {act.task && <Check label="Downstream tasks" on={options.downstream} onChange={(downstream) => setOptions({ ...options, downstream })} />}
        <Check label="Only failed tasks" on={options.onlyFailed} onChange={(onlyFailed) => setOptions({ ...options, onlyFailed })} />
      </div>
      {preview.isFetching && <Loading lines={3} />}
      {preview.error && <Problem error={preview.error} />}
      {preview.data && !preview.isFetching && <Touched tasks={preview.data} />}
      {clear.error && <Problem error={clear.error} />}
    </Dialog>
  );
}

function RunDialog({ dagId, act, onClose }: { dagId: string; act: Extract<Act, { kind: "run" }>; onClose: () => void }) {
  const refresh = useRefresh(dagId);
  const [again, setAgain] = useState(false);
  const run = useMutation({
    mutationFn: () => runTask(dagId, act.runId, act.task.id, act.task.map, again),
    meta: { ownProblem: true },
    onSuccess: () => {
      refresh();
      say(`${act.task.id} starts`);
      onClose();
    },
  });
  return (
    <Dialog
      title={`Run ${act.task.id} now`}
      onClose={onClose}
      footer={
        <>
          <button type="button" className="button" onClick={onClose}>Cancel</button>
          <button type="button" className="button primary" disabled={run.isPending} onClick={() => run.mutate()}>Run now</button>
        </>
      }
    >
      <p>It starts without waiting for the tasks before it, their trigger rule or earlier runs. Pools and limits still hold.</p>
      <div className="checks"><Check label="Also when it has succeeded" on={again} onChange={setAgain} /></div>
      {run.error && <Problem error={run.error} />}
    </Dialog>
  );
}

const SHOWN = 200;

function Touched({ tasks }: { tasks: TouchedTask[] }) {
  if (tasks.length === 0) return <p className="muted">No task matches.</p>;
  return (
    <ul className="touched" aria-label="Tasks that will run again">
      {tasks.slice(0, SHOWN).map((task) => (
        <li key={`${task.task_id} ${task.map_index ?? -1}`}>
          <StateDot state={task.state ?? null} /> <code>{task.task_id}{(task.map_index ?? -1) >= 0 ? `[${task.map_index}]` : ""}</code>
        </li>
      ))}
      {tasks.length > SHOWN && <li className="muted">and {tasks.length - SHOWN} more</li>}
    </ul>
  );
}

function Check({ label, on, onChange }: { label: string; on: boolean; onChange: (on: boolean) => void }) {
  return (
    <label>
      <input type="checkbox" checked={on} onChange={(event) => onChange(event.target.checked)} /> {label}
    </label>
  );
}

function MarkDialog({ dagId, act, onClose }: { dagId: string; act: Extract<Act, { kind: "mark" }>; onClose: () => void }) {
  const refresh = useRefresh(dagId);
  const { task } = act;
  const tasks = useQuery({ ...runTasksQuery(dagId, act.runId), enabled: task === null });
  const unfinished = tasks.data?.tasks.filter((row) => !DONE.has(asState(row.state)));
  const mark = useMutation({
    mutationFn: async () => {
      if (task) await markTask(dagId, act.runId, task.id, task.map, act.state);
      else await markRun(dagId, act.runId, act.state === "success" ? "success" : "failed");
    },
    meta: { ownProblem: true },
    onSuccess: () => {
      refresh();
      say(`Marked ${act.state}`);
      onClose();
    },
  });
  return (
    <Dialog
      title={task ? `Mark ${task.id}` : "Mark the run"}
      onClose={onClose}
      footer={
        <>
          <button type="button" className="button" onClick={onClose}>Cancel</button>
          <button type="button" className="button primary" disabled={mark.isPending} onClick={() => mark.mutate()}>Mark {act.state}</button>
        </>
      }
    >
      <p>
        {task ? "The task" : "The run"} becomes <StateBadge state={act.state} />
        {task ? ". If it is running, its process is ended; tasks downstream go on from there." : ". Tasks that run are ended and those that wait will not start."}
      </p>
      {unfinished && unfinished.length > 0 && <Touched tasks={unfinished} />}
      {mark.error && <Problem error={mark.error} />}
    </Dialog>
  );
}

function DeleteDialog({ dagId, runId, onClose, onDeleted }: { dagId: string; runId: string; onClose: () => void; onDeleted: () => void }) {
  const refresh = useRefresh(dagId);
  const remove = useMutation({
    mutationFn: () => deleteRun(dagId, runId),
    meta: { ownProblem: true },
    onSuccess: () => {
      onDeleted();
      refresh();
      say("Run deleted");
    },
  });
  return (
    <Dialog
      title="Delete the run"
      onClose={onClose}
      footer={
        <>
          <button type="button" className="button" onClick={onClose}>Cancel</button>
          <button type="button" className="button danger" disabled={remove.isPending} onClick={() => remove.mutate()}>Delete</button>
        </>
      }
    >
      <p>The run <code>{runId}</code>, its task instances, tries and XComs are removed for good.</p>
      {remove.error && <Problem error={remove.error} />}
    </Dialog>
  );
}
