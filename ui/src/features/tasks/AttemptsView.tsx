import type { Attempt } from "../../api/types";
import { Empty } from "../../components/Empty";
import { StateBadge } from "../../components/State";
import { duration, secondsBetween, stamp } from "../../lib/time";

/** Every try, the newest first, with what ended it. */
export function AttemptsView({ attempts, now, onLog }: { attempts: Attempt[]; now: number; onLog: (tryNumber: number) => void }) {
  if (attempts.length === 0) return <Empty title="Not tried yet">A try begins when the task is handed to an executor.</Empty>;
  return (
    <ol className="attempts">
      {[...attempts].reverse().map((attempt) => (
        <li key={attempt.id}>
          <header>
            <strong>Try {attempt.try_number}</strong>
            <StateBadge state={attempt.state} />
            <span className="num muted">{duration(secondsBetween(attempt.started_at, attempt.ended_at, now))}</span>
            <span className="grow" />
            <button type="button" className="button small" onClick={() => onLog(attempt.try_number)}>Log</button>
          </header>
          <p className="muted small">
            {attempt.queued_at && `handed over ${stamp(attempt.queued_at)}`}
            {attempt.started_at && `, started ${stamp(attempt.started_at)}`}
            {attempt.queued_at && attempt.started_at && ` (${duration(secondsBetween(attempt.queued_at, attempt.started_at, now))} later)`}
            {attempt.host && ` on ${attempt.host}`}
            {attempt.pid !== null && `, process ${attempt.pid}`}
          </p>
          {attempt.error && <pre className="attempt-error">{attempt.error}</pre>}
        </li>
      ))}
    </ol>
  );
}
