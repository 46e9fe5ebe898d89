import type { JournalEntry } from "../api/types";
import { newestFirst } from "../lib/journal";
import { stamp } from "../lib/time";
import { StateDot } from "./State";

/** Why things are as they are: every move as a sentence, the newest first. */
export function Journal({ entries }: { entries: JournalEntry[] }) {
  if (entries.length === 0) return <p className="muted">Nothing has happened yet.</p>;
  const ordered = newestFirst(entries);
  return (
    <ol className="journal">
      {ordered.map((entry, i) => (
        <li key={`${entry.at} ${i}`}>
          <StateDot state={entry.after} />
          <div>
            <p>
              {entry.task_id && <code>{entry.task_id}{entry.map_index !== undefined && entry.map_index !== null && entry.map_index >= 0 ? `[${entry.map_index}]` : ""} </code>}
              {entry.why || `${entry.before ?? "none"} → ${entry.after ?? "none"}`}
            </p>
            <small className="muted">
              <time dateTime={entry.at}>{stamp(entry.at)}</time>
              {entry.why && <span> · {entry.before ?? "none"} → {entry.after ?? "none"}</span>}
              {entry.actor && <span> · {entry.actor}</span>}
            </small>
          </div>
        </li>
      ))}
    </ol>
  );
}
