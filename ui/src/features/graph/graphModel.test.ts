import { describe, expect, it } from "vitest";
import type { GraphNode, Structure } from "../../api/types";
import { foldGraph, nearOnly } from "./graphModel";
import { layoutGraph } from "./graphLayout";

const node = (id: string, kind: GraphNode["kind"] = "task", parent: string | null = null): GraphNode => ({
  id, kind, label: id, parent, operator: null, trigger_rule: null, is_mapped: false, is_setup: false, is_teardown: false, ui_color: null, ui_fgcolor: null,
});
const edge = (from: string, to: string, label: string | null = null) => ({ from, to, label });
const structure: Structure = {
  nodes: [node("start"), node("g", "group"), node("g.a", "task", "g"), node("g.b", "task", "g"), node("end")],
  edges: [edge("start", "g.a"), edge("start", "g.b", "yes"), edge("g.a", "g.b"), edge("g.b", "end")],
};

describe("the graph", () => {
  it("joins edges into a folded group and drops those inside it", () => {
    const model = foldGraph(structure, new Set(["g"]));
    expect(model.nodes.map((n) => n.id)).toEqual(["start", "g", "end"]);
    expect(model.edges).toEqual([edge("start", "g", "yes"), edge("g", "end")]);
  });

  it("keeps the neighbourhood of the chosen task when there is too much, and says how many it left out", () => {
    const chain: Structure = { nodes: Array.from({ length: 50 }, (_, i) => node(`t${i}`)), edges: Array.from({ length: 49 }, (_, i) => edge(`t${i}`, `t${i + 1}`)) };
    const near = nearOnly(foldGraph(chain, new Set()), "t25", 5);
    expect(near.nodes.map((n) => n.id)).toEqual(["t23", "t24", "t25", "t26", "t27"]);
    expect(near.hidden).toBe(45);
  });

  it("lays tasks out from left to right, and a group around its tasks", () => {
    const placed = layoutGraph(foldGraph(structure, new Set()), "LR");
    const at = (id: string) => placed.boxes.find((box) => box.id === id) ?? expect.fail(id);
    expect(at("start").x).toBeLessThan(at("g.a").x);
    expect(at("g.b").x).toBeLessThan(at("end").x);
    const group = at("g");
    expect(group.x).toBeLessThan(at("g.a").x);
    expect(group.x + group.width).toBeGreaterThan(at("g.b").x + at("g.b").width);
  });
});
