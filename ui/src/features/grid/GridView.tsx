import { useCallback, useMemo, useState } from "react";
import type { GridData } from "../../api/types";
import { Empty } from "../../components/Empty";
import { Icon } from "../../components/Icon";
import { useIsNarrow } from "../../lib/narrow";
import { RUN_STATES } from "../../lib/states";
import type { Patch } from "../../lib/url";
import { Grid } from "./Grid";
import { matchingRows, visibleRows } from "./gridLayout";

interface Props {
  dagId: string;
  data: GridData;
  runId: string | null;
  taskId: string | null;
  params: URLSearchParams;
  patch: (changes: Patch) => void;
  onSelect: (run: string | null, task: string | null) => void;
}

/** More rows than this start folded. */
const MANY = 300;
const LIMITS = ["10", "25", "50", "100"];
const TYPES = ["scheduled", "manual", "backfill", "asset_triggered"];

export function GridView({ dagId, data, runId, taskId, params, patch, onSelect }: Props) {
  const [folded, setFolded] = useFolded(dagId, data);
  const [find, setFind] = useState("");
  const narrow = useIsNarrow();
  const shown = useMemo(() => (find ? matchingRows(data.rows, find) : visibleRows(data.rows, folded)), [data.rows, folded, find]);
  const onToggle = useCallback((group: string) => setFolded((old) => toggled(old, group)), [setFolded]);
  const groups = useMemo(() => data.rows.filter((row) => row.kind === "group").map((row) => row.id), [data.rows]);
  const oldest = data.runs[0]?.run_after ?? null;
  return (
    <div className="grid-view">
      <div className="toolbar">
        <label className="search small">
          <Icon name="search" size={14} />
          <input type="search" aria-label="Find a task" placeholder="Find a task" value={find} onChange={(event) => setFind(event.target.value)} />
        </label>
        <select aria-label="Run state" value={params.get("state") ?? ""} onChange={(event) => patch({ state: event.target.value })}>
          <option value="">All states</option>
          {RUN_STATES.map((state) => <option key={state}>{state}</option>)}
        </select>
        <select aria-label="Run type" value={params.get("run_type") ?? ""} onChange={(event) => patch({ run_type: event.target.value })}>
          <option value="">All types</option>
          {TYPES.map((type) => <option key={type} value={type}>{type.replace("_", " ")}</option>)}
        </select>
        <select aria-label="How many runs" value={params.get("limit") ?? "25"} onChange={(event) => patch({ limit: event.target.value === "25" ? null : event.target.value })}>
          {LIMITS.map((limit) => <option key={limit} value={limit}>{limit} runs</option>)}
        </select>
        <span className="grow" />
        <button type="button" className="icon-button" title="Older runs" aria-label="Older runs" disabled={data.runs.length < Number(params.get("limit") ?? "25")} onClick={() => patch({ before: oldest })}><Icon name="back" /></button>
        <button type="button" className="icon-button" title="Newest runs" aria-label="Newest runs" disabled={!params.get("before")} onClick={() => patch({ before: null })}><Icon name="chevron" /></button>
      </div>
      {data.rows.length === 0 ? (
        <Empty title="This DAG has no tasks" />
      ) : (
        <Grid data={data} shown={shown} folded={folded} runId={runId} taskId={taskId} labelWidth={narrow ? 130 : 220} onToggle={onToggle} onSelect={onSelect} corner={groups.length > 0 && <FoldAll onFold={() => setFolded(() => new Set(groups))} onUnfold={() => setFolded(() => new Set())} />} />
      )}
      {data.runs.length === 0 && data.rows.length > 0 && <p className="grid-none muted">No runs{params.get("state") || params.get("run_type") ? " match the filter" : " yet: trigger the DAG (key t) or unpause it"}.</p>}
    </div>
  );
}

function FoldAll({ onFold, onUnfold }: { onFold: () => void; onUnfold: () => void }) {
  return (
    <div className="fold-all">
      <button type="button" className="icon-button" title="Unfold all groups" aria-label="Unfold all groups" onClick={onUnfold}><Icon name="expand" size={16} /></button>
      <button type="button" className="icon-button" title="Fold all groups" aria-label="Fold all groups" onClick={onFold}><Icon name="collapse" size={16} /></button>
    </div>
  );
}

function toggled(old: ReadonlySet<string>, group: string): ReadonlySet<string> {
  const next = new Set(old);
  if (!next.delete(group)) next.add(group);
  return next;
}

type Update = (old: ReadonlySet<string>) => ReadonlySet<string>;

/** Folded groups, remembered per DAG in this browser. */
function useFolded(dagId: string, data: GridData): [ReadonlySet<string>, (update: Update) => void] {
  const key = `tradewind.folded.${dagId}`;
  const [folded, set] = useState<ReadonlySet<string>>(() => {
    const saved = localStorage.getItem(key);
    if (saved !== null) return new Set(saved === "" ? [] : saved.split("\n"));
    return new Set(data.rows.length > MANY ? data.rows.filter((row) => row.kind === "group").map((row) => row.id) : []);
  });
  const change = useCallback((update: Update) => {
    set((old) => {
      const next = update(old);
      localStorage.setItem(key, [...next].join("\n"));
      return next;
    });
  }, [key]);
  return [folded, change];
}
