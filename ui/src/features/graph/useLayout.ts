import { useEffect, useRef, useState } from "react";
import type { Direction, Placed } from "./graphLayout";
import type { GraphModel } from "./graphModel";

/** Where the boxes go, worked out beside the page; null until the first answer. */
export function useLayout(model: GraphModel, direction: Direction): { placed: Placed | null; failed: string | null } {
  const worker = useRef<Worker | null>(null);
  const order = useRef(0);
  const [placed, setPlaced] = useState<Placed | null>(null);
  const [failed, setFailed] = useState<string | null>(null);
  useEffect(() => {
    const made = new Worker(new URL("./layout.worker.ts", import.meta.url), { type: "module" });
    made.onmessage = (event: MessageEvent<{ id: number; placed: Placed }>) => {
      if (event.data.id !== order.current) return;
      setPlaced(event.data.placed);
      setFailed(null);
    };
    made.onerror = (event) => setFailed(event.message || "The layout worker stopped.");
    worker.current = made;
    return () => made.terminate();
  }, []);
  useEffect(() => {
    order.current += 1;
    worker.current?.postMessage({ id: order.current, model, direction });
  }, [model, direction]);
  return { placed, failed };
}
