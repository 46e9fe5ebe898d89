import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { backfillKeys, backfillsQuery, cancelBackfill, holdBackfill, type Backfill } from "../../api/backfills";
import { Dialog } from "../../components/Dialog";
import { Icon } from "../../components/Icon";
import { Problem } from "../../components/Problem";
import { StateBar } from "../../components/State";
import { say } from "../../components/Toast";
import { useNow } from "../../lib/clock";
import { keys } from "../../api/queries";
import { duration, shortStamp } from "../../lib/time";
import { secondsLeft } from "./pace";

/** An ended backfill stays in sight for so long. */
const LINGERS_MS = 60_000;

/** What backfills of the DAG are at work, how far they are, and the brakes. */
export function BackfillBanner({ dagId }: { dagId: string }) {
  const found = useQuery(backfillsQuery(dagId));
  const now = useNow(1_000);
  const [hidden, setHidden] = useState<number[]>([]);
  const shown = (found.data?.backfills ?? []).filter((one) => !hidden.includes(one.id) && (one.completed_at === null || now - Date.parse(one.completed_at) < LINGERS_MS));
  return shown.map((one) => <Row key={one.id} backfill={one} now={now} onHide={() => setHidden([...hidden, one.id])} />);
}

function Row({ backfill, now, onHide }: { backfill: Backfill; now: number; onHide: () => void }) {
  const client = useQueryClient();
  const [cancelling, setCancelling] = useState(false);
  const refresh = () => {
    void client.invalidateQueries({ queryKey: backfillKeys.all(backfill.dag_id) });
    void client.invalidateQueries({ queryKey: keys.grids(backfill.dag_id) });
  };
  const hold = useMutation({ mutationFn: (paused: boolean) => holdBackfill(backfill.id, paused), onSettled: refresh });
  const { progress } = backfill;
  const open = backfill.completed_at === null;
  const left = secondsLeft(backfill, now);
  const counts = { success: progress.success, failed: progress.failed, skipped: progress.skipped, running: progress.running, queued: progress.queued, none: progress.planned + progress.deleted };
  return (
    <section className={`backfill-banner ${backfill.state}`} aria-label={`Backfill ${backfill.id}`}>
      <Icon name="history" size={16} />
      <div className="backfill-text">
        <strong>{title(backfill)}</strong>{" "}
        <span className="muted">
          {shortStamp(backfill.from_date)} to {shortStamp(backfill.to_date)}, {backfill.run_backwards ? "newest" : "oldest"} first
          {backfill.task_ids ? `, only ${backfill.task_ids.join(", ")}` : ""}
        </span>
      </div>
      <div className="backfill-bar"><StateBar counts={counts} /></div>
      <span className="num backfill-count" aria-live="polite">
        {progress.done} of {progress.total}
        {progress.failed > 0 && <span className="bad-text"> · {progress.failed} failed</span>}
        {left !== null && <span className="muted"> · about {duration(left)} to go</span>}
      </span>
      {open && (
        <>
          <button type="button" className="button small" disabled={hold.isPending} onClick={() => hold.mutate(!backfill.is_paused)}>{backfill.is_paused ? "Resume" : "Pause"}</button>
          <button type="button" className="button small" onClick={() => setCancelling(true)}>Cancel</button>
        </>
      )}
      {!open && <button type="button" className="icon-button" aria-label="Hide" onClick={onHide}><Icon name="close" size={14} /></button>}
      {cancelling && <CancelDialog backfill={backfill} onClose={() => { setCancelling(false); refresh(); }} />}
    </section>
  );
}

function title(backfill: Backfill): string {
  const words = { running: "Backfill at work", paused: "Backfill paused", completed: "Backfill done", cancelled: "Backfill cancelled" };
  return words[backfill.state];
}

function CancelDialog({ backfill, onClose }: { backfill: Backfill; onClose: () => void }) {
  const [stop, setStop] = useState(false);
  const { progress } = backfill;
  const cancel = useMutation({
    mutationFn: () => cancelBackfill(backfill.id, stop),
    meta: { ownProblem: true },
    onSuccess: () => {
      say("Backfill cancelled");
      onClose();
    },
  });
  return (
    <Dialog
      title="Cancel the backfill"
      onClose={onClose}
      footer={
        <>
          <button type="button" className="button" onClick={onClose}>Let it go on</button>
          <button type="button" className="button danger" disabled={cancel.isPending} onClick={() => cancel.mutate()}>Cancel the backfill</button>
        </>
      }
    >
      <p>{progress.planned + progress.queued} runs that have not begun will not be made. What has ended stays as it is.</p>
      {progress.running > 0 && (
        <label className="check-line"><input type="checkbox" checked={stop} onChange={(event) => setStop(event.target.checked)} /> End the {progress.running} running ones, too</label>
      )}
      {cancel.error && <Problem error={cancel.error} />}
    </Dialog>
  );
}
