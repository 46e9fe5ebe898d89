import { Graph, layout } from "@dagrejs/dagre";
import type { GraphNode } from "../../api/types";
import type { GraphModel } from "./graphModel";

export interface Box {
  id: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Wire {
  from: string;
  to: string;
  label: string | null;
  points: { x: number; y: number }[];
}

export interface Placed {
  boxes: Box[];
  wires: Wire[];
  width: number;
  height: number;
}

export type Direction = "LR" | "TB";

export const NODE_HEIGHT = 46;
const LETTER = 8;
const SMALL_LETTER = 6.8;
const GROUP_HEAD = 16;

/** The second line of a box. */
export function aboutNode(node: GraphNode): string {
  if (node.kind === "group") return "group";
  return [node.operator, node.is_setup && "setup", node.is_teardown && "teardown", node.is_mapped && "[ ]"].filter(Boolean).join(" · ");
}

export function nodeWidth(node: GraphNode): number {
  const wanted = Math.max(node.label.length * LETTER, aboutNode(node).length * SMALL_LETTER) + 46;
  return Math.round(Math.min(250, Math.max(110, wanted)));
}

/** Places the boxes; pure, and run in a worker because large graphs take their time. */
export function layoutGraph(model: GraphModel, direction: Direction): Placed {
  const graph = new Graph({ compound: true });
  graph.setGraph({ rankdir: direction, nodesep: 22, ranksep: 52, marginx: 24, marginy: 24 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of model.nodes) graph.setNode(node.id, { width: nodeWidth(node), height: NODE_HEIGHT });
  for (const group of model.groups) graph.setNode(group.id, {});
  const groups = new Set(model.groups.map((group) => group.id));
  for (const node of [...model.nodes, ...model.groups]) {
    if (node.parent !== null && groups.has(node.parent)) graph.setParent(node.id, node.parent);
  }
  for (const edge of model.edges) {
    const label = edge.label ? { width: edge.label.length * LETTER + 8, height: 16, labelpos: "c" as const } : {};
    graph.setEdge(edge.from, edge.to, label);
  }
  layout(graph);
  const nesting = nestingOf(model.groups);
  const boxes = [...model.groups, ...model.nodes].map((node): Box => {
    const at = graph.node(node.id) as { x: number; y: number; width: number; height: number };
    // Dagre says where the middle is, and leaves no room for the name of a group.
    const head = (nesting.get(node.id) ?? 0) * GROUP_HEAD;
    return { id: node.id, x: at.x - at.width / 2, y: at.y - at.height / 2 - head, width: at.width, height: at.height + head };
  });
  const wires = model.edges.map((edge): Wire => {
    const at = graph.edge(edge.from, edge.to) as { points?: { x: number; y: number }[] } | undefined;
    return { from: edge.from, to: edge.to, label: edge.label, points: at?.points ?? [] };
  });
  const size = graph.graph() as { width?: number; height?: number };
  return { boxes, wires, width: size.width ?? 0, height: size.height ?? 0 };
}

/** How many groups lie in each other, counted from the innermost. */
function nestingOf(groups: GraphNode[]): Map<string, number> {
  const found = new Map(groups.map((group) => [group.id, 1]));
  const byId = new Map(groups.map((group) => [group.id, group]));
  for (const group of groups) {
    let level = 1;
    for (let at = group.parent; at !== null; at = byId.get(at)?.parent ?? null) {
      level += 1;
      if ((found.get(at) ?? 0) < level) found.set(at, level);
    }
  }
  return found;
}

/** A smooth line through the points of an edge. */
export function wirePath(points: { x: number; y: number }[]): string {
  const [first, ...rest] = points;
  if (!first || rest.length === 0) return "";
  let path = `M${r(first.x)},${r(first.y)}`;
  for (let i = 0; i < rest.length - 1; i++) {
    const at = rest[i];
    const next = rest[i + 1];
    if (!at || !next) continue;
    const last = i === rest.length - 2;
    path += ` Q${r(at.x)},${r(at.y)} ${r(last ? next.x : (at.x + next.x) / 2)},${r(last ? next.y : (at.y + next.y) / 2)}`;
  }
  if (rest.length === 1 && rest[0]) path += ` L${r(rest[0].x)},${r(rest[0].y)}`;
  return path;
}

function r(n: number): number {
  return Math.round(n * 10) / 10;
}
