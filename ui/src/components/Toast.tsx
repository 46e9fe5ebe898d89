import { useSyncExternalStore } from "react";
import { describeProblem } from "./Problem";

interface Note {
  id: number;
  kind: "good" | "bad";
  title: string;
  detail: string | null;
}

const STAY_MS = { good: 4_000, bad: 12_000 };
let notes: Note[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

function set(next: Note[]): void {
  notes = next;
  for (const listener of listeners) listener();
}

function add(kind: Note["kind"], title: string, detail: string | null): void {
  const id = nextId++;
  set([...notes.slice(-3), { id, kind, title, detail }]);
  setTimeout(() => dismiss(id), STAY_MS[kind]);
}

function dismiss(id: number): void {
  set(notes.filter((note) => note.id !== id));
}

export const say = (title: string): void => add("good", title, null);

export function sayProblem(error: Error): void {
  const { title, detail, hint } = describeProblem(error);
  add("bad", title, [detail, hint].filter(Boolean).join(" ") || null);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function Toasts() {
  const shown = useSyncExternalStore(subscribe, () => notes);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map((note) => (
        <div key={note.id} className={`toast ${note.kind}`}>
          <div>
            <strong>{note.title}</strong>
            {note.detail && <p>{note.detail}</p>}
          </div>
          <button type="button" className="icon-button" aria-label="Dismiss" onClick={() => dismiss(note.id)}>
            ×
          </button>
        </div>
      ))}
    </div>
  );
}
