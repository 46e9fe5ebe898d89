import type { GraphEdge, GraphNode, Structure } from "../../api/types";

/** What the graph shows after folding: nodes to lay out, open groups around them, and edges between what is visible. */
export interface GraphModel {
  nodes: GraphNode[];
  groups: GraphNode[];
  edges: GraphEdge[];
  /** tasks left out because the whole is too large to read */
  hidden: number;
}

/** More boxes than this are neither readable nor quick to lay out. */
export const MOST_NODES = 400;

export function foldGraph(structure: Structure, folded: ReadonlySet<string>): GraphModel {
  const byId = new Map(structure.nodes.map((node) => [node.id, node]));
  const standIn = new Map<string, string>();
  for (const node of structure.nodes) standIn.set(node.id, outermostFolded(node, byId, folded));
  const nodes: GraphNode[] = [];
  const groups: GraphNode[] = [];
  for (const node of structure.nodes) {
    if (standIn.get(node.id) !== node.id) continue;
    if (node.kind === "group" && !folded.has(node.id)) groups.push(node);
    else nodes.push(node);
  }
  const edges = new Map<string, GraphEdge>();
  for (const edge of structure.edges) {
    const from = standIn.get(edge.from);
    const to = standIn.get(edge.to);
    if (!from || !to || from === to) continue;
    const key = `${from}\n${to}`;
    const known = edges.get(key);
    if (!known || (!known.label && edge.label)) edges.set(key, { from, to, label: edge.label });
  }
  const open = new Set(groups.map((group) => group.id));
  return { nodes, groups, edges: [...edges.values()].filter((edge) => !open.has(edge.from) && !open.has(edge.to)), hidden: 0 };
}

function outermostFolded(node: GraphNode, byId: Map<string, GraphNode>, folded: ReadonlySet<string>): string {
  let result = node.id;
  for (let at = node.parent; at !== null; at = byId.get(at)?.parent ?? null) if (folded.has(at)) result = at;
  return result;
}

/** Keeps the neighbourhood of one node, nearest first, when there is too much to show. */
export function nearOnly(model: GraphModel, centre: string | null, most = MOST_NODES): GraphModel {
  if (model.nodes.length <= most) return model;
  const next = new Map<string, string[]>();
  for (const { from, to } of model.edges) {
    push(next, from, to);
    push(next, to, from);
  }
  const start = model.nodes.find((node) => node.id === centre) ?? model.nodes[0];
  const kept = new Set<string>();
  const queue = start ? [start.id] : [];
  for (let i = 0; i < queue.length && kept.size < most; i++) {
    const id = queue[i];
    if (id === undefined || kept.has(id)) continue;
    kept.add(id);
    queue.push(...(next.get(id) ?? []));
  }
  for (const node of model.nodes) {
    if (kept.size >= most) break;
    kept.add(node.id);
  }
  const nodes = model.nodes.filter((node) => kept.has(node.id));
  const parents = new Set<string>();
  const byId = new Map(model.groups.map((group) => [group.id, group]));
  for (const node of nodes) for (let at = node.parent; at !== null; at = byId.get(at)?.parent ?? null) parents.add(at);
  return {
    nodes,
    groups: model.groups.filter((group) => parents.has(group.id)),
    edges: model.edges.filter((edge) => kept.has(edge.from) && kept.has(edge.to)),
    hidden: model.nodes.length - nodes.length,
  };
}

function push(map: Map<string, string[]>, key: string, value: string): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
