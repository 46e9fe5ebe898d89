import { LogView } from "../features/logs/LogView";
import { RunPanel } from "../features/runs/RunPanel";
import { TaskPanel } from "../features/tasks/TaskPanel";
import type { OnAct } from "../lib/acts";
import type { Patch } from "../lib/url";

interface Props {
  dagId: string;
  runId: string;
  taskId: string | null;
  map: number;
  params: URLSearchParams;
  patch: (changes: Patch) => void;
  onAct: OnAct;
  onClose: () => void;
}

/** The right side: a run, or one task instance of it. */
export function SelectionPanel({ dagId, runId, taskId, map, params, patch, onAct, onClose }: Props) {
  if (taskId === null) {
    return (
      <RunPanel dagId={dagId} runId={runId} tab={params.get("tab")} onTab={(tab) => patch({ tab })} onTask={(task, index) => patch({ task, map: index >= 0 ? String(index) : null, tab: null, try: null })} onAct={onAct} onClose={onClose} />
    );
  }
  const tryNumber = params.get("try");
  return (
    <TaskPanel
      key={`${runId} ${taskId} ${map}`}
      dagId={dagId}
      runId={runId}
      taskId={taskId}
      map={map}
      tab={params.get("tab")}
      tryNumber={tryNumber === null ? null : Number(tryNumber)}
      patch={patch}
      onAct={onAct}
      log={(shown, waiting, tools) => <LogView key={shown} source={{ dagId, runId, taskId, map, tryNumber: shown }} waiting={waiting} tools={tools} />}
    />
  );
}
