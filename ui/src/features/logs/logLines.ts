export type Level = "debug" | "info" | "warning" | "error" | "plain";

export interface LogLine {
  text: string;
  level: Level;
}

const HEAD = /^\[\d{4}-\d\d-\d\d[^\]]*\] (?:\{[^}]*\} )?(DEBUG|INFO|WARNING|WARN|ERROR|CRITICAL)\b/;
const LEVELS: Record<string, Level> = { DEBUG: "debug", INFO: "info", WARNING: "warning", WARN: "warning", ERROR: "error", CRITICAL: "error" };
// Terminal colours mean nothing here; the escape character is what we look for.
// eslint-disable-next-line no-control-regex
const ANSI = /\u001b\[[0-9;]*[A-Za-z]/g;

/** Lines as they arrive in pieces: the last one may be cut in the middle and is finished by the next piece. */
export class LogText {
  private lines: LogLine[] = [];
  private open = "";

  get all(): readonly LogLine[] {
    return this.lines;
  }

  add(text: string): void {
    if (text === "") return;
    if (this.open !== "") this.lines.pop();
    const parts = (this.open + text).split("\n");
    this.open = parts.pop() ?? "";
    for (const part of parts) this.push(part);
    // A line without its end is shown already; the next piece replaces it.
    if (this.open !== "") this.push(this.open);
  }

  private push(raw: string): void {
    const text = raw.replace(ANSI, "").replace(/\r$/, "");
    const named = HEAD.exec(text)?.[1];
    // A traceback belongs to the line that announced it.
    const level = named ? (LEVELS[named] ?? "plain") : (this.lines.at(-1)?.level ?? "plain");
    this.lines.push({ text, level });
  }
}

export function findLines(lines: readonly LogLine[], wanted: string): number[] {
  if (wanted === "") return [];
  const low = wanted.toLowerCase();
  const hits: number[] = [];
  lines.forEach((line, i) => {
    if (line.text.toLowerCase().includes(low)) hits.push(i);
  });
  return hits;
}

/** The first line of each run of error lines: where "jump to error" goes. */
export function errorStarts(lines: readonly LogLine[]): number[] {
  const starts: number[] = [];
  lines.forEach((line, i) => {
    if (line.level === "error" && lines[i - 1]?.level !== "error") starts.push(i);
  });
  return starts;
}

/** The next hit after `from`, around the end if need be. */
export function nextAfter(hits: readonly number[], from: number, step: 1 | -1): number | null {
  if (hits.length === 0) return null;
  if (step === 1) return hits.find((hit) => hit > from) ?? hits[0] ?? null;
  return hits.findLast((hit) => hit < from) ?? hits.at(-1) ?? null;
}

/** Cuts a text where the search hits, so that the view can mark the hits. */
export function splitHits(text: string, wanted: string): { text: string; hit: boolean }[] {
  if (wanted === "") return [{ text, hit: false }];
  const parts: { text: string; hit: boolean }[] = [];
  const low = text.toLowerCase();
  const piece = wanted.toLowerCase();
  let from = 0;
  for (let at = low.indexOf(piece); at >= 0; at = low.indexOf(piece, from)) {
    if (at > from) parts.push({ text: text.slice(from, at), hit: false });
    parts.push({ text: text.slice(at, at + piece.length), hit: true });
    from = at + piece.length;
  }
  if (from < text.length) parts.push({ text: text.slice(from), hit: false });
  return parts;
}
