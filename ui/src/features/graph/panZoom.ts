import { useCallback, useEffect, useRef, type PointerEvent, type RefObject } from "react";
import type { Placed } from "./graphLayout";

interface View {
  x: number;
  y: number;
  scale: number;
}

const LEAST = 0.05;
const MOST = 3;
/** A graph opens no smaller than this; who wants to see all of it presses fit. */
const READABLE = 0.6;

/** Where the stage begins: in the middle if it fits, else around the chosen box, else at its own beginning. */
function along(window: number, stage: number, chosen: number | undefined): number {
  if (stage <= window) return (window - stage) / 2;
  return chosen === undefined ? 12 : Math.min(12, Math.max(window - stage - 12, window / 2 - chosen));
}

/** Drag, wheel and pinch move the stage by its transform alone: React does not render while it moves. */
export function usePanZoom(placed: Placed | null, focus: string | null): {
  svg: RefObject<SVGSVGElement | null>;
  stage: RefObject<SVGGElement | null>;
  handlers: { onPointerDown: (e: PointerEvent<SVGSVGElement>) => void; onPointerMove: (e: PointerEvent<SVGSVGElement>) => void };
  zoom: (factor: number) => void;
  fit: () => void;
} {
  const svg = useRef<SVGSVGElement>(null);
  const stage = useRef<SVGGElement>(null);
  const focused = useRef(focus);
  focused.current = focus;
  const view = useRef<View>({ x: 0, y: 0, scale: 1 });

  const show = useCallback(() => {
    const { x, y, scale } = view.current;
    stage.current?.setAttribute("transform", `translate(${x},${y}) scale(${scale})`);
  }, []);

  const fitDownTo = useCallback((least: number) => {
    const box = svg.current?.getBoundingClientRect();
    if (!box || !placed || placed.width === 0) return;
    const scale = Math.min(1.1, Math.max(least, Math.min(box.width / placed.width, box.height / placed.height)));
    const chosen = placed.boxes.find((candidate) => candidate.id === focused.current);
    const x = along(box.width, placed.width * scale, chosen && (chosen.x + chosen.width / 2) * scale);
    const y = along(box.height, placed.height * scale, chosen && (chosen.y + chosen.height / 2) * scale);
    view.current = { scale, x, y };
    show();
  }, [placed, show]);
  const fit = useCallback(() => fitDownTo(LEAST), [fitDownTo]);
  const start = useCallback(() => fitDownTo(READABLE), [fitDownTo]);

  const zoomAt = useCallback((factor: number, px: number, py: number) => {
    const before = view.current;
    const scale = Math.min(MOST, Math.max(LEAST, before.scale * factor));
    const ratio = scale / before.scale;
    view.current = { scale, x: px - (px - before.x) * ratio, y: py - (py - before.y) * ratio };
    show();
  }, [show]);

  const zoom = useCallback((factor: number) => {
    const box = svg.current?.getBoundingClientRect();
    if (box) zoomAt(factor, box.width / 2, box.height / 2);
  }, [zoomAt]);

  useEffect(start, [start]);
  useEffect(() => {
    const element = svg.current;
    if (!element) return;
    // React's wheel listeners are passive; this one must keep the page from scrolling.
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const box = element.getBoundingClientRect();
      zoomAt(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0016)), event.clientX - box.left, event.clientY - box.top);
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    const watcher = new ResizeObserver(start);
    watcher.observe(element);
    return () => {
      element.removeEventListener("wheel", onWheel);
      watcher.disconnect();
    };
  }, [zoomAt, start]);

  const onPointerDown = (event: PointerEvent<SVGSVGElement>) => {
    if (event.target === event.currentTarget) event.currentTarget.setPointerCapture(event.pointerId);
  };
  const onPointerMove = (event: PointerEvent<SVGSVGElement>) => {
    if (event.buttons !== 1) return;
    view.current = { ...view.current, x: view.current.x + event.movementX, y: view.current.y + event.movementY };
    show();
  };
  return { svg, stage, handlers: { onPointerDown, onPointerMove }, zoom, fit };
}
