import type { Backfill } from "../../api/backfills";

/** Seconds to go at the pace of the runs that have ended so far; null while nobody can tell. */
export function secondsLeft(backfill: Backfill, now: number): number | null {
  const { success, failed, total, done } = backfill.progress;
  const ended = success + failed;
  if (backfill.state !== "running" || ended === 0 || done >= total) return null;
  return ((now - Date.parse(backfill.created_at)) / 1000 / ended) * (total - done);
}

/** A date a person typed, as the start of that day or that very minute, in UTC. */
export function asMoment(text: string): string | null {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return `${text}T00:00:00Z`;
  if (/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/.test(text)) return `${text}:00Z`;
  return null;
}
