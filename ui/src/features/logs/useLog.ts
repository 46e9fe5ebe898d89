import { useEffect, useState } from "react";
import { path, request, url } from "../../api/client";
import type { LogPage } from "../../api/types";
import { LogText, type LogLine } from "./logLines";

export interface LogSource {
  dagId: string;
  runId: string;
  taskId: string;
  map: number;
  tryNumber: number;
}

export interface Log {
  lines: readonly LogLine[];
  state: "loading" | "live" | "ended" | "lost";
  error: Error | null;
}

const RETRY_MS = 1_500;
const START: Log = { lines: [], state: "loading", error: null };

/** A try's log: what is there in large pieces, then line by line as it is written. */
export function useLog({ dagId, runId, taskId, map, tryNumber }: LogSource): Log {
  const [log, setLog] = useState<Log>(START);
  useEffect(() => {
    setLog(START);
    const target = path`/ui/dags/${dagId}/runs/${runId}/tasks/${taskId}/logs/${tryNumber}`;
    return follow(target, map, setLog);
  }, [dagId, runId, taskId, map, tryNumber]);
  return log;
}

function follow(target: string, map: number, tell: (log: Log) => void): () => void {
  const text = new LogText();
  const stop = new AbortController();
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let frame = 0;
  let offset = 0;

  const show = (state: Log["state"]) => {
    cancelAnimationFrame(frame);
    // However fast lines come, the page is told once per frame.
    frame = requestAnimationFrame(() => tell({ lines: text.all.slice(), state, error: null }));
  };
  const stream = () => {
    source = new EventSource(url(`${target}/stream`, { map_index: map, offset }));
    source.addEventListener("lines", (event: MessageEvent<string>) => {
      const piece = JSON.parse(event.data) as { text: string; next_offset: number };
      text.add(piece.text);
      offset = piece.next_offset;
      show("live");
    });
    source.addEventListener("end", () => {
      source?.close();
      show("ended");
    });
    source.onerror = () => {
      // The browser would ask for the old offset again; open a new stream where this one stopped.
      source?.close();
      show("lost");
      timer = setTimeout(stream, RETRY_MS);
    };
  };
  const readAll = async () => {
    for (;;) {
      const page = await request<LogPage>(target, { query: { map_index: map, offset }, signal: stop.signal });
      text.add(page.text);
      offset = page.next_offset;
      if (page.ended) return show("ended");
      if (page.text === "") {
        show("live");
        return stream();
      }
      show("loading");
    }
  };
  readAll().catch((error: unknown) => {
    if (!stop.signal.aborted) tell({ lines: text.all.slice(), state: "ended", error: error instanceof Error ? error : new Error(String(error)) });
  });
  return () => {
    stop.abort();
    clearTimeout(timer);
    cancelAnimationFrame(frame);
    source?.close();
  };
}
