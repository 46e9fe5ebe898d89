import { useCallback, useMemo, useState } from "react";
import type { Structure, TaskState } from "../../api/types";
import { Empty } from "../../components/Empty";
import { Icon } from "../../components/Icon";
import { Loading } from "../../components/Loading";
import { GraphBoxes } from "./GraphBoxes";
import type { Direction } from "./graphLayout";
import { foldGraph, MOST_NODES, nearOnly } from "./graphModel";
import { Legend } from "./Legend";
import { usePanZoom } from "./panZoom";
import { useLayout } from "./useLayout";

interface Props {
  structure: Structure;
  states: ReadonlyMap<string, TaskState | null>;
  taskId: string | null;
  onSelect: (task: string | null) => void;
}

export function GraphView({ structure, states, taskId, onSelect }: Props) {
  const groups = useMemo(() => structure.nodes.filter((node) => node.kind === "group").map((node) => node.id), [structure]);
  const [folded, setFolded] = useState<ReadonlySet<string>>(() => new Set(structure.nodes.length > MOST_NODES ? groups : []));
  const [direction, setDirection] = useState<Direction>("LR");
  const [lit, setLit] = useState<TaskState | null>(null);
  const folding = useMemo(() => foldGraph(structure, folded), [structure, folded]);
  const centre = folding.nodes.length > MOST_NODES ? taskId : null;
  const model = useMemo(() => nearOnly(folding, centre), [folding, centre]);
  const { placed, failed } = useLayout(model, direction);
  const view = usePanZoom(placed, taskId);
  const onToggle = useCallback((group: string) => {
    setFolded((old) => {
      const next = new Set(old);
      if (!next.delete(group)) next.add(group);
      return next;
    });
  }, []);
  if (structure.nodes.length === 0) return <Empty title="This DAG has no tasks" />;
  return (
    <div className="graph">
      <div className="graph-tools" role="toolbar" aria-label="Graph">
        <button type="button" className="icon-button" aria-label="Zoom in" title="Zoom in" onClick={() => view.zoom(1.25)}><Icon name="plus" /></button>
        <button type="button" className="icon-button" aria-label="Zoom out" title="Zoom out" onClick={() => view.zoom(0.8)}><Icon name="minus" /></button>
        <button type="button" className="icon-button" aria-label="Fit" title="Fit" onClick={view.fit}><Icon name="fit" /></button>
        <button type="button" className="icon-button" aria-label="Turn the graph" title={direction === "LR" ? "Top to bottom" : "Left to right"} onClick={() => setDirection(direction === "LR" ? "TB" : "LR")}><Icon name={direction === "LR" ? "down" : "chevron"} /></button>
        {groups.length > 0 && (
          <>
            <button type="button" className="icon-button" aria-label="Unfold all groups" title="Unfold all groups" onClick={() => setFolded(new Set())}><Icon name="expand" /></button>
            <button type="button" className="icon-button" aria-label="Fold all groups" title="Fold all groups" onClick={() => setFolded(new Set(groups))}><Icon name="collapse" /></button>
          </>
        )}
      </div>
      <Legend states={states} lit={lit} onLight={setLit} />
      {lit && <style>{`.graph-svg .node-box:not([data-state="${lit}"]) { opacity: 0.2; }`}</style>}
      {model.hidden > 0 && <p className="graph-note" role="status">Showing {model.nodes.length} of {folding.nodes.length} tasks{taskId ? ` around ${taskId}` : ""}. Choose a task in the grid to see what is near it.</p>}
      {failed && <p className="graph-note" role="alert">The graph could not be laid out: {failed}</p>}
      {!placed && !failed && <Loading />}
      {placed && (
        <svg ref={view.svg} className="graph-svg" aria-label="Graph of tasks" role="group" {...view.handlers} onClick={(event) => event.target === event.currentTarget && onSelect(null)}>
          <g ref={view.stage}>
            <GraphBoxes model={model} placed={placed} states={states} selected={taskId} onSelect={onSelect} onToggle={onToggle} />
          </g>
        </svg>
      )}
    </div>
  );
}
