import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { useNavigate, useParams } from "react-router";
import { dagQuery, gridQuery, keys, type GridFilter } from "../api/queries";
import type { DagDetail, GridData, Run } from "../api/types";
import { pauseDag } from "../api/verbs";
import { Loading } from "../components/Loading";
import { Problem } from "../components/Problem";
import { Split } from "../components/Split";
import { ActDialog } from "../features/actions/ActDialog";
import { BackfillBanner } from "../features/backfill/BackfillBanner";
import { CodeView } from "../features/code/CodeView";
import { DagHeader, VIEWS, type DagView } from "../features/dags/DagHeader";
import { DagOverview } from "../features/dags/DagOverview";
import { GridView } from "../features/grid/GridView";
import { RunsTable } from "../features/runs/RunsTable";
import { TriggerDialog } from "../features/trigger/TriggerDialog";
import type { Act } from "../lib/acts";
import { useHotkeys } from "../lib/hotkeys";
import { useTab } from "../lib/tab";
import { dagLink, useParamsPatch, withPatch, type Patch } from "../lib/url";
import { GraphPane } from "./dagGraph";
import { SelectionPanel } from "./selection";

/** One DAG: a view on the left, what is selected on the right. The address holds both. */
export function DagRoute() {
  const { dagId = "", view: named } = useParams();
  const view: DagView = VIEWS.find((candidate) => candidate === named) ?? "grid";
  const [params, patch] = useParamsPatch();
  const client = useQueryClient();
  const navigate = useNavigate();
  const dag = useQuery(dagQuery(dagId));
  const grid = useQuery(gridQuery(dagId, gridFilter(params, view)));
  const [act, setAct] = useState<Act | null>(null);
  const pause = useMutation({
    mutationFn: (paused: boolean) => pauseDag(dagId, paused),
    onSettled: () => {
      void client.invalidateQueries({ queryKey: keys.dag(dagId) });
      void client.invalidateQueries({ queryKey: keys.dagLists });
    },
  });
  const runId = params.get("run");
  const taskId = params.get("task");
  const map = Number(params.get("map") ?? -1);
  const runs = grid.data?.runs ?? [];
  const shownRun = runs.find((run) => run.run_id === runId) ?? runs.at(-1);
  useTab(dag.data?.display_name || dagId, shownRun?.state ?? null);

  const onView = (next: DagView) => {
    const kept = withPatch(params, { dialog: null }).toString();
    void navigate(`${dagLink(dagId, {}, next)}${kept ? `?${kept}` : ""}`);
  };
  const onSelect = useCallback((run: string | null, task: string | null) => patch({ run, task, map: null, try: null, ...(task === null ? { tab: null } : {}) }, false), [patch]);
  const onClose = () => patch({ run: null, task: null, map: null, try: null, tab: null });
  const triggering = act?.kind === "trigger" || params.get("dialog") === "trigger";
  const stopTriggering = (changes: Patch = {}) => {
    setAct(null);
    patch({ dialog: null, ...changes });
  };
  useHotkeys({
    g: () => onView(view === "grid" ? "graph" : "grid"),
    t: () => setAct({ kind: "trigger" }),
    c: () => runId && setAct({ kind: "clear", runId, task: taskId ? { id: taskId, map } : null }),
    escape: () => (taskId ? patch({ task: null, map: null, try: null, tab: null }) : onClose()),
  });

  if (dag.error) return <div className="page"><Problem error={dag.error} retry={() => void dag.refetch()} /></div>;
  if (!dag.data) return <div className="page"><Loading /></div>;
  const panel = runId ? <SelectionPanel dagId={dagId} runId={runId} taskId={taskId} map={map} params={params} patch={patch} onAct={setAct} onClose={onClose} /> : null;
  const left = <LeftPane {...{ view, dag: dag.data, grid: grid.data, gridError: grid.error, shownRun, params, patch, onSelect }} />;
  const wide = view === "code" || view === "details";
  return (
    <div className="dag-page">
      <DagHeader dag={dag.data} last={shownRun} view={view} paused={pause.isPending ? pause.variables : dag.data.is_paused} onView={onView} onPause={(paused) => pause.mutate(paused)} onTrigger={() => setAct({ kind: "trigger" })} />
      <BackfillBanner dagId={dagId} />
      {wide ? left : <Split storageKey="tradewind.split" left={left} right={panel ?? (view === "grid" ? <aside className="panel idle" aria-label="About the DAG"><DagOverview dag={dag.data} runs={runs} full={false} /></aside> : null)} />}
      {triggering && <TriggerDialog dagId={dagId} onClose={() => stopTriggering()} onTriggered={(run) => stopTriggering({ run, task: null, map: null, tab: null, before: null })} />}
      {act && act.kind !== "trigger" && <ActDialog dagId={dagId} act={act} onClose={() => setAct(null)} onDeleted={() => { setAct(null); onClose(); }} />}
    </div>
  );
}

interface LeftProps {
  view: DagView;
  dag: DagDetail;
  grid: GridData | undefined;
  gridError: Error | null;
  shownRun: Run | undefined;
  params: URLSearchParams;
  patch: (changes: Patch) => void;
  onSelect: (run: string | null, task: string | null) => void;
}

function LeftPane({ view, dag, grid, gridError, shownRun, params, patch, onSelect }: LeftProps) {
  if (view === "code") return <CodeView dagId={dag.dag_id} newest={dag.version?.number ?? null} />;
  if (view === "details") return <DagOverview dag={dag} runs={grid?.runs ?? []} full />;
  if (gridError) return <Problem error={gridError} />;
  if (!grid) return <Loading lines={10} />;
  const taskId = params.get("task");
  const runId = params.get("run");
  if (view === "runs") return <RunsTable dagId={dag.dag_id} runs={grid.runs} runId={runId} />;
  if (view === "graph") return <GraphPane dagId={dag.dag_id} grid={grid} run={shownRun} taskId={taskId} onSelect={(task) => onSelect(shownRun?.run_id ?? null, task)} />;
  return <GridView key={dag.dag_id} dagId={dag.dag_id} data={grid} runId={runId} taskId={taskId} params={params} patch={patch} onSelect={onSelect} />;
}

function gridFilter(params: URLSearchParams, view: DagView): GridFilter {
  const filter: GridFilter = { limit: Number(params.get("limit") ?? (view === "runs" ? 100 : 25)) };
  for (const name of ["before", "state", "run_type"] as const) {
    const value = params.get(name);
    if (value) filter[name] = value;
  }
  return filter;
}
