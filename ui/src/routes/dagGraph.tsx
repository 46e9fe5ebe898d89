import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useMemo } from "react";
import { structureQuery } from "../api/queries";
import type { GridData, Run, TaskState } from "../api/types";
import { Loading } from "../components/Loading";
import { Problem } from "../components/Problem";
import { stateOfLetter } from "../lib/states";
import { shortStamp } from "../lib/time";

const GraphView = lazy(() => import("../features/graph/GraphView").then((module) => ({ default: module.GraphView })));

interface Props {
  dagId: string;
  grid: GridData;
  run: Run | undefined;
  taskId: string | null;
  onSelect: (task: string | null) => void;
}

/** The graph in the colours of one run, which the grid's cells already tell. */
export function GraphPane({ dagId, grid, run, taskId, onSelect }: Props) {
  const structure = useQuery(structureQuery(dagId));
  const cells = run ? grid.cells[run.run_id] : undefined;
  const states = useMemo(() => {
    const found = new Map<string, TaskState | null>();
    if (cells) grid.rows.forEach((row, i) => found.set(row.id, stateOfLetter(cells[i])));
    return found;
  }, [grid.rows, cells]);
  if (structure.error) return <Problem error={structure.error} retry={() => void structure.refetch()} />;
  if (!structure.data) return <Loading />;
  return (
    <Suspense fallback={<Loading />}>
      <GraphView structure={structure.data} states={states} taskId={taskId} onSelect={onSelect} />
      {run && <p className="graph-run muted">{run.run_type} run of {shortStamp(run.logical_date ?? run.run_after)}</p>}
    </Suspense>
  );
}
