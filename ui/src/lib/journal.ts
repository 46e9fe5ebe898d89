import type { JournalEntry } from "../api/types";

/** The newest first. Moves of one instant keep their order, whichever way round the server sent them. */
export function newestFirst(entries: JournalEntry[]): JournalEntry[] {
  const [first, last] = [entries[0], entries.at(-1)];
  const isOldestFirst = first !== undefined && last !== undefined && first.at < last.at;
  const given = isOldestFirst ? entries.toReversed() : [...entries];
  return given.sort((a, b) => (a.at === b.at ? 0 : a.at < b.at ? 1 : -1));
}
