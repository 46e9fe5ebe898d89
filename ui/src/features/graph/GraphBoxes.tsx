import { memo, useMemo, type KeyboardEvent } from "react";
import type { GraphNode, TaskState } from "../../api/types";
import { LOOKS } from "../../lib/states";
import { aboutNode, wirePath, type Box, type Placed } from "./graphLayout";
import type { GraphModel } from "./graphModel";

interface Props {
  model: GraphModel;
  placed: Placed;
  states: ReadonlyMap<string, TaskState | null>;
  selected: string | null;
  onSelect: (task: string) => void;
  onToggle: (group: string) => void;
}

export const GraphBoxes = memo(function GraphBoxes({ model, placed, states, selected, onSelect, onToggle }: Props) {
  const boxes = useMemo(() => new Map(placed.boxes.map((box) => [box.id, box])), [placed]);
  const near = (from: string, to: string) => selected !== null && (from === selected || to === selected);
  return (
    <>
      <defs>
        {["wire", "wire-near"].map((id) => (
          <marker key={id} id={id} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
            <path d="M0,0.8 L7,4 L0,7.2 z" className={`${id}-head`} />
          </marker>
        ))}
      </defs>
      {model.groups.map((group) => {
        const box = boxes.get(group.id);
        return box && <GroupBox key={group.id} group={group} box={box} onToggle={onToggle} />;
      })}
      {placed.wires.map((wire) => {
        const middle = wire.points[Math.floor(wire.points.length / 2)];
        const lit = near(wire.from, wire.to);
        return (
          <g key={`${wire.from} ${wire.to}`}>
            <path d={wirePath(wire.points)} className={lit ? "wire near" : "wire"} markerEnd={lit ? "url(#wire-near)" : "url(#wire)"} />
            {wire.label && middle && <text x={middle.x} y={middle.y - 3} className="wire-label">{wire.label}</text>}
          </g>
        );
      })}
      {model.nodes.map((node) => {
        const box = boxes.get(node.id);
        return box && <NodeBox key={node.id} node={node} box={box} state={states.get(node.id)} isSelected={node.id === selected} onOpen={node.kind === "group" ? onToggle : onSelect} />;
      })}
    </>
  );
});

function pressed(action: () => void) {
  return (event: KeyboardEvent) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    action();
  };
}

function GroupBox({ group, box, onToggle }: { group: GraphNode; box: Box; onToggle: (id: string) => void }) {
  const fold = () => onToggle(group.id);
  return (
    <g className="group-box" transform={`translate(${box.x},${box.y})`}>
      <rect width={box.width} height={box.height} rx="12" />
      <g role="button" tabIndex={0} aria-label={`Fold group ${group.label}`} aria-expanded="true" onClick={fold} onKeyDown={pressed(fold)}>
        <text x="12" y="17">▾ {group.label}</text>
      </g>
    </g>
  );
}

interface NodeProps {
  node: GraphNode;
  box: Box;
  /** undefined: no run is chosen */
  state: TaskState | null | undefined;
  isSelected: boolean;
  onOpen: (id: string) => void;
}

const NodeBox = memo(function NodeBox({ node, box, state, isSelected, onOpen }: NodeProps) {
  const open = () => onOpen(node.id);
  const known = state === undefined ? null : (state ?? "none");
  const room = Math.floor((box.width - 38) / 7.8);
  const sub = aboutNode(node);
  return (
    <g data-state={known ?? undefined} className={`node-box ${isSelected ? "selected" : ""} ${known === "running" ? "running" : ""}`} transform={`translate(${box.x},${box.y})`} role="button" tabIndex={0} aria-label={`${node.kind} ${node.label}${known ? `, ${LOOKS[known].label}` : ""}`} onClick={open} onKeyDown={pressed(open)}>
      {(node.kind === "group" || node.is_mapped) && <rect className="behind" x="4" y="4" width={box.width} height={box.height} rx="9" />}
      <rect className="body" width={box.width} height={box.height} rx="9" style={known ? { stroke: `var(--st-${known})` } : undefined} />
      <circle cx="17" cy={box.height / 2} r="6.5" className="node-dot" style={{ fill: known ? `var(--st-${known})` : (node.ui_color ?? undefined) }} />
      <text x="32" y={sub ? 20 : 27} className="node-name">{cut(node.label, room)}</text>
      {sub && <text x="32" y="35" className="node-sub">{cut(sub, Math.floor((box.width - 38) / 6.7))}</text>}
      <title>{`${node.id}${node.trigger_rule && node.trigger_rule !== "all_success" ? `\ntrigger rule: ${node.trigger_rule}` : ""}${known ? `\n${LOOKS[known].label}: ${LOOKS[known].meaning}` : ""}`}</title>
    </g>
  );
});

function cut(text: string, room: number): string {
  return text.length <= room ? text : `${text.slice(0, Math.max(1, room - 1))}…`;
}
