import type { Foresight, RunAhead } from "../../api/backfills";
import { Icon } from "../../components/Icon";
import { capital, duration, shortStamp } from "../../lib/time";

const WORDS: Record<RunAhead["action"], string> = { make: "new run", clear: "runs again", skip: "left out" };
const LISTED = 8;

/** What would run, how long that may take, which limits it meets. */
export function BackfillPreview({ foresight }: { foresight: Foresight }) {
  const { preview, backfills } = foresight;
  const head = backfills.slice(0, LISTED);
  const tail = backfills.length > LISTED + 1 ? backfills.slice(-1) : backfills.slice(LISTED);
  const between = foresight.total_entries - head.length - tail.length;
  return (
    <section className="foresight" aria-label="What would run">
      <div className="stats">
        <Stat value={String(preview.runs)} label={preview.runs === 1 ? "run" : "runs"} />
        <Stat value={String(preview.task_instances)} label={`task instances, ${preview.tasks_per_run} in each`} />
        <Stat value={preview.seconds === null ? "?" : duration(preview.seconds)} label="it may take" title={preview.basis} />
      </div>
      <p className="muted small">{capital(preview.basis)}.</p>
      {preview.limits.length > 0 && (
        <ul className="limits" aria-label="Limits it meets">
          {preview.limits.map((limit) => <li key={limit.name + limit.text}><Icon name="clock" size={13} /> {limit.text}.</li>)}
        </ul>
      )}
      {preview.notes.map((note) => <p key={note} className="note-line">{note}</p>)}
      {head.length > 0 && (
        <ol className="ahead" aria-label="Runs in their order">
          {head.map((run) => <Ahead key={run.run_id} run={run} />)}
          {between > 0 && <li className="muted">… {between} more …</li>}
          {tail.map((run) => <Ahead key={run.run_id} run={run} />)}
        </ol>
      )}
    </section>
  );
}

function Ahead({ run }: { run: RunAhead }) {
  return (
    <li className={run.action}>
      <span className="num">covers {shortStamp(run.data_interval_start)} to {shortStamp(run.data_interval_end)}</span>
      <span className="muted">{WORDS[run.action]}{run.reason ? `: ${run.reason}` : ""}{run.intervals > 1 ? `, ${run.intervals} intervals` : ""}</span>
    </li>
  );
}

function Stat({ value, label, title }: { value: string; label: string; title?: string }) {
  return (
    <div className="stat" title={title}>
      <strong className="num">{value}</strong>
      <span className="muted">{label}</span>
    </div>
  );
}
