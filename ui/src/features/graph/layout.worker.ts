import { layoutGraph, type Direction } from "./graphLayout";
import type { GraphModel } from "./graphModel";

export interface LayoutOrder {
  id: number;
  model: GraphModel;
  direction: Direction;
}

addEventListener("message", (event: MessageEvent<LayoutOrder>) => {
  const { id, model, direction } = event.data;
  postMessage({ id, placed: layoutGraph(model, direction) });
});
