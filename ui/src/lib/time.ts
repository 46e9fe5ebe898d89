/** "850 ms", "12.4 s", "3 min 20 s", "2 h 05 min", "3 d 4 h" */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || Number.isNaN(seconds)) return "–";
  const s = Math.max(0, seconds);
  if (s < 1) return `${Math.round(s * 1000)} ms`;
  if (s < 60) return `${s < 10 ? s.toFixed(1) : Math.round(s)} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${pad(Math.floor(s % 60))} s`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h ${pad(Math.floor((s % 3600) / 60))} min`;
  return `${Math.floor(s / 86_400)} d ${Math.floor((s % 86_400) / 3600)} h`;
}

function pad(n: number): string {
  return String(n).padStart(2, "0");
}

/** "2026-11-20 11:36:51" in UTC: the times of logs and runs are compared across people. */
export function stamp(iso: string | null | undefined): string {
  if (!iso) return "–";
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso;
  return at.toISOString().slice(0, 19).replace("T", " ");
}

/** "Nov 20, 11:36" */
export function shortStamp(iso: string | null | undefined): string {
  if (!iso) return "–";
  const at = new Date(iso);
  const day = at.toLocaleDateString("en", { month: "short", day: "numeric", timeZone: "UTC" });
  return `${day}, ${at.toISOString().slice(11, 16)}`;
}

/** What a run is for and when it starts: three dates that are easily confused, in one sentence. All in UTC. */
export function covers(start: string | null | undefined, end: string | null | undefined, due: string | null | undefined): string {
  if (!due) return "–";
  const at = `due at ${minute(due)}`;
  if (!start || !end) return at;
  return start === end ? `for ${minute(start)}, ${at}` : `covers ${minute(start)} to ${minute(end)}, ${at}`;
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function minute(iso: string): string {
  const text = stamp(iso);
  return text.endsWith(":00") ? text.slice(0, -3) : text;
}

/** "4 min ago", "in 2 h" */
export function relative(iso: string | null | undefined, now: number): string {
  if (!iso) return "–";
  const seconds = (new Date(iso).getTime() - now) / 1000;
  const size = Math.abs(seconds);
  if (size < 5) return "now";
  const text = coarse(size);
  return seconds < 0 ? `${text} ago` : `in ${text}`;
}

function coarse(s: number): string {
  if (s < 60) return `${Math.round(s)} s`;
  if (s < 3600) return `${Math.round(s / 60)} min`;
  if (s < 86_400) return `${Math.round(s / 3600)} h`;
  return `${Math.round(s / 86_400)} d`;
}

export function secondsBetween(from: string | null, to: string | null, now: number): number | null {
  if (!from) return null;
  return ((to ? new Date(to).getTime() : now) - new Date(from).getTime()) / 1000;
}
