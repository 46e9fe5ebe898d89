import { Graph, layout } from "@dagrejs/dagre";
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
const LETTER = 7.4;

export function nodeWidth(label: string): number {
  return Math.round(Math.min(240, Math.max(110, label.length * LETTER + 44)));
}

/** Places the boxes; pure, and run in a worker because large graphs take their time. */
export function layoutGraph(model: GraphModel, direction: Direction): Placed {
  const graph = new Graph({ compound: true });
  graph.setGraph({ rankdir: direction, nodesep: 18, ranksep: 56, marginx: 24, marginy: 24 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of model.nodes) graph.setNode(node.id, { width: nodeWidth(node.label), height: NODE_HEIGHT });
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
  const boxes = [...model.groups, ...model.nodes].map((node): Box => {
    const at = graph.node(node.id) as { x: number; y: number; width: number; height: number };
    // Dagre says where the middle is.
    return { id: node.id, x: at.x - at.width / 2, y: at.y - at.height / 2, width: at.width, height: at.height };
  });
  const wires = model.edges.map((edge): Wire => {
    const at = graph.edge(edge.from, edge.to) as { points?: { x: number; y: number }[] } | undefined;
    return { from: edge.from, to: edge.to, label: edge.label, points: at?.points ?? [] };
  });
  const size = graph.graph() as { width?: number; height?: number };
  return { boxes, wires, width: size.width ?? 0, height: size.height ?? 0 };
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
