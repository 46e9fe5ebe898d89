/** What a person asks to do from any page; the route that owns the page shows the dialog for it. */
export type Act =
  | { kind: "trigger" }
  | { kind: "clear"; runId: string; task: { id: string; map: number } | null }
  | { kind: "run"; runId: string; task: { id: string; map: number } }
  | { kind: "mark"; runId: string; task: { id: string; map: number } | null; state: "success" | "failed" | "skipped" }
  | { kind: "delete"; runId: string };

export type OnAct = (act: Act) => void;
