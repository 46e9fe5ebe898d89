import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useDeferredValue, useState, type FormEvent } from "react";
import { backfillKeys, foresightQuery, startBackfill, type BackfillBody } from "../../api/backfills";
import { ProblemError } from "../../api/client";
import type { DagDetail } from "../../api/types";
import { Problem } from "../../components/Problem";
import { say } from "../../components/Toast";
import { BackfillPreview } from "./BackfillPreview";
import { asMoment } from "./pace";

interface Props {
  dag: DagDetail;
  onClose: () => void;
}

const DAY_MS = 86_400_000;
const day = (at: number) => new Date(at).toISOString().slice(0, 10);

/** Fill past intervals: every change shows at once what would run. */
export function BackfillForm({ dag, onClose }: Props) {
  const client = useQueryClient();
  const [from, setFrom] = useState(() => day(Math.max(Date.now() - 8 * DAY_MS, Date.parse(dag.start_date ?? "1970-01-01"))));
  const [to, setTo] = useState(() => day(Date.now() - DAY_MS));
  const [reprocess, setReprocess] = useState<BackfillBody["reprocess_behavior"]>("none");
  const [backwards, setBackwards] = useState(false);
  const [atOnce, setAtOnce] = useState("10");
  const [regex, setRegex] = useState("");
  const [upstream, setUpstream] = useState(true);
  const [conf, setConf] = useState("");

  const first = asMoment(from);
  const last = asMoment(to);
  const parsed = readConf(conf);
  const number = Number(atOnce);
  const good = first !== null && last !== null && parsed.problem === null && Number.isInteger(number) && number > 0;
  const body: BackfillBody = {
    dag_id: dag.dag_id,
    from_date: first ?? "",
    to_date: last ?? "",
    reprocess_behavior: reprocess,
    run_backwards: backwards,
    max_active_runs: number,
    ...(regex ? { task_regex: regex, include_upstream: upstream } : {}),
    ...(parsed.value ? { dag_run_conf: parsed.value } : {}),
  };
  const foresight = useQuery(foresightQuery(useDeferredValue(body), good));
  const start = useMutation({
    mutationFn: () => startBackfill(body),
    meta: { ownProblem: true },
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: backfillKeys.all(dag.dag_id) });
      say(`Backfill started: ${made.progress.total} runs`);
      onClose();
    },
  });
  const runs = foresight.error ? 0 : (foresight.data?.preview.runs ?? 0);
  const about = foresight.error instanceof ProblemError ? foresight.error.field : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (good && runs > 0) start.mutate();
  };
  return (
    <form className="trigger backfill" onSubmit={submit} noValidate>
      <div className="field-row">
        <div className="field">
          <label htmlFor="bf-from">First logical date <span className="muted">(UTC)</span></label>
          <input id="bf-from" type="date" value={from} aria-invalid={first === null || about === "from_date"} onChange={(event) => setFrom(event.target.value)} />
        </div>
        <div className="field">
          <label htmlFor="bf-to">Last logical date <span className="muted">(UTC)</span></label>
          <input id="bf-to" type="date" value={to} aria-invalid={last === null || about === "to_date"} onChange={(event) => setTo(event.target.value)} />
        </div>
      </div>
      <div className="field-row three">
        <div className="field">
          <label htmlFor="bf-again">Intervals that have a run</label>
          <select id="bf-again" value={reprocess} onChange={(event) => setReprocess(event.target.value as BackfillBody["reprocess_behavior"])}>
            <option value="none">leave them alone</option>
            <option value="failed">run failed ones again</option>
            <option value="completed">run all again</option>
          </select>
        </div>
        <div className="field">
          <label htmlFor="bf-order">Order</label>
          <select id="bf-order" value={backwards ? "new" : "old"} onChange={(event) => setBackwards(event.target.value === "new")}>
            <option value="old">oldest first</option>
            <option value="new">newest first</option>
          </select>
        </div>
        <div className="field">
          <label htmlFor="bf-once">Runs at once</label>
          <input id="bf-once" type="number" min={1} value={atOnce} aria-invalid={!(number > 0)} onChange={(event) => setAtOnce(event.target.value)} />
        </div>
      </div>
      <details className="more">
        <summary>Only some tasks, conf</summary>
        <div className="field-row">
          <div className="field">
            <label htmlFor="bf-tasks">Tasks <span className="muted">(regular expression)</span></label>
            <input id="bf-tasks" className="mono" placeholder="all" value={regex} aria-invalid={about === "task_regex"} onChange={(event) => setRegex(event.target.value)} />
            {regex && <label className="check-line"><input type="checkbox" checked={upstream} onChange={(event) => setUpstream(event.target.checked)} /> and what they need</label>}
          </div>
          <div className="field">
            <label htmlFor="bf-conf">Conf <span className="muted">(JSON)</span></label>
            <textarea id="bf-conf" className="mono" rows={2} spellCheck={false} placeholder="{}" value={conf} aria-invalid={parsed.problem !== null} onChange={(event) => setConf(event.target.value)} />
            {parsed.problem && <p className="field-problem" role="alert">{parsed.problem}</p>}
          </div>
        </div>
      </details>
      {good && foresight.error && <Problem error={foresight.error} />}
      {foresight.data && !foresight.error && <BackfillPreview foresight={foresight.data} />}
      {start.error && <Problem error={start.error} />}
      <footer className="form-foot">
        <button type="button" className="button" onClick={onClose}>Cancel</button>
        <button type="submit" className="button primary" disabled={!good || runs === 0 || start.isPending}>{runs === 0 ? "Nothing to run" : runs === 1 ? "Start 1 run" : `Start ${runs} runs`}</button>
      </footer>
    </form>
  );
}

function readConf(text: string): { value: BackfillBody["dag_run_conf"] | null; problem: string | null } {
  if (text.trim() === "") return { value: null, problem: null };
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { value: value as NonNullable<BackfillBody["dag_run_conf"]>, problem: null };
    return { value: null, problem: "The conf must be an object: { … }." };
  } catch {
    return { value: null, problem: "This is not JSON." };
  }
}
