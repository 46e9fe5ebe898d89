import type { RunState, TaskState } from "../api/types";

interface Look {
  label: string;
  /** the letter the grid sends */
  letter: string;
  light: string;
  dark: string;
  /** a shape beside the colour, for those who cannot tell the colours apart */
  glyph: string;
  meaning: string;
}

/** Every state of a task instance, in the order a legend shows them. Run states are a subset. */
export const LOOKS: Record<TaskState, Look> = {
  success: { label: "success", letter: "s", light: "#2f9e63", dark: "#3fb57a", glyph: "✓", meaning: "done" },
  running: { label: "running", letter: "r", light: "#1c8fd6", dark: "#4db0f0", glyph: "▶", meaning: "a worker runs it now" },
  failed: { label: "failed", letter: "f", light: "#d6394c", dark: "#f0596b", glyph: "✕", meaning: "done, no try left" },
  upstream_failed: { label: "upstream_failed", letter: "u", light: "#e8833a", dark: "#f09a57", glyph: "↥", meaning: "not run because an upstream task failed" },
  up_for_retry: { label: "up_for_retry", letter: "t", light: "#d9a514", dark: "#e8bd3e", glyph: "↻", meaning: "failed, will be tried again" },
  up_for_reschedule: { label: "up_for_reschedule", letter: "e", light: "#2aa7a7", dark: "#48c4c4", glyph: "⟳", meaning: "a sensor gave its slot back and looks again later" },
  deferred: { label: "deferred", letter: "d", light: "#8a63d2", dark: "#a98bea", glyph: "◷", meaning: "a trigger waits in its place" },
  queued: { label: "queued", letter: "q", light: "#7c8795", dark: "#8f9bab", glyph: "⋯", meaning: "handed to an executor" },
  scheduled: { label: "scheduled", letter: "c", light: "#b09a78", dark: "#bfa985", glyph: "○", meaning: "may run, waits for a slot" },
  skipped: { label: "skipped", letter: "k", light: "#e58bb5", dark: "#d982ab", glyph: "»", meaning: "deliberately not run" },
  removed: { label: "removed", letter: "x", light: "#b4bcc7", dark: "#55606e", glyph: "–", meaning: "no longer part of the DAG" },
  none: { label: "no status", letter: "n", light: "#dde3ea", dark: "#2b3745", glyph: "·", meaning: "waits for its upstream tasks" },
};

export const TASK_STATES = Object.keys(LOOKS) as TaskState[];
export const RUN_STATES: RunState[] = ["queued", "running", "success", "failed"];

const byLetter = new Map(TASK_STATES.map((state) => [LOOKS[state].letter, state]));

/** The state behind a grid letter; null when the run has no such task. */
export function stateOfLetter(letter: string | undefined): TaskState | null {
  return (letter && byLetter.get(letter)) || null;
}

export function asState(state: string | null | undefined): TaskState {
  return state && state in LOOKS ? (state as TaskState) : "none";
}

/** A group shows the state of its most urgent child, in this order. */
const URGENCY = "futrqcdenskx";

/** The letter of a group, from the letters of its children. */
export function worstLetter(letters: Iterable<string>): string {
  let best = URGENCY.length;
  for (const letter of letters) {
    const rank = URGENCY.indexOf(letter);
    if (rank >= 0 && rank < best) best = rank;
  }
  return URGENCY[best] ?? ".";
}

export const DONE: ReadonlySet<TaskState> = new Set(["success", "failed", "skipped", "upstream_failed", "removed"]);
export const UNFINISHED_RUNS: ReadonlySet<RunState> = new Set(["queued", "running"]);

export type ThemeName = "light" | "dark";

export function colour(state: TaskState, theme: ThemeName): string {
  return LOOKS[state][theme];
}

/** `--st-<state>` on the root, so that style sheets and canvas use the same list. */
export function paintStates(theme: ThemeName): void {
  for (const state of TASK_STATES) document.documentElement.style.setProperty(`--st-${state}`, LOOKS[state][theme]);
}
