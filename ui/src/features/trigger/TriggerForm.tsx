import { useMemo, useState, type FormEvent } from "react";
import { isObject } from "../../lib/json";
import type { JsonObject, Param } from "../../api/types";
import type { TriggerBody } from "../../api/verbs";
import { Problem } from "../../components/Problem";
import { Tabs } from "../../components/Tabs";
import { FieldInput } from "./FieldInput";
import { fieldOf, paramOf, read, readJson, show } from "./fields";

interface Props {
  params: Record<string, Param>;
  isPaused: boolean;
  busy: boolean;
  problem: Error | null;
  problemField: string | null;
  onSubmit: (body: TriggerBody) => void;
  onCancel: () => void;
}

type Mode = "form" | "json";

export function TriggerForm({ params, isPaused, busy, problem, problemField, onSubmit, onCancel }: Props) {
  const fields = useMemo(() => Object.entries(params).map(([name, param]) => fieldOf(name, param)), [params]);
  const [texts, setTexts] = useState<Record<string, string>>(() => Object.fromEntries(fields.map((field) => [field.name, show(field.kind, params[field.name]?.value ?? null)])));
  const [mode, setMode] = useState<Mode>(fields.length > 0 ? "form" : "json");
  const [json, setJson] = useState("{}");
  const [extra, setExtra] = useState({ dag_run_id: "", logical_date: "", note: "" });
  const [touched, setTouched] = useState(false);

  const reads = fields.map((field) => ({ field, read: read(field, texts[field.name] ?? "") }));
  const fromForm: JsonObject = Object.fromEntries(reads.filter(({ read: r }) => r.problem === null).map(({ field, read: r }) => [field.name, r.value]));
  const fromJson = readJson(json);
  const jsonProblem = fromJson.problem ?? (isObject(fromJson.value) ? null : "The conf must be an object: { … }.");
  const wrong = mode === "form" ? reads.some(({ read: r }) => r.problem !== null) : jsonProblem !== null;
  const about = paramOf(problemField, fields.map((field) => field.name));

  const change = (next: Mode) => {
    if (next === "json") setJson(JSON.stringify(fromForm, null, 2));
    else if (isObject(fromJson.value)) {
      const conf = fromJson.value;
      setTexts((old) => ({ ...old, ...Object.fromEntries(fields.filter((field) => field.name in conf).map((field) => [field.name, show(field.kind, conf[field.name] ?? null)])) }));
    }
    setMode(next);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTouched(true);
    if (wrong) return;
    const conf = mode === "form" ? fromForm : isObject(fromJson.value) ? fromJson.value : {};
    const body: TriggerBody = {};
    if (Object.keys(conf).length > 0) body.conf = conf;
    if (extra.dag_run_id) body.dag_run_id = extra.dag_run_id;
    if (extra.logical_date) body.logical_date = `${extra.logical_date}:00Z`;
    if (extra.note) body.note = extra.note;
    onSubmit(body);
  };
  return (
    <form className="trigger" onSubmit={submit} noValidate>
      {fields.length > 0 && <Tabs label="How to write the conf" tabs={[{ id: "form", label: "Form" }, { id: "json", label: "JSON" }]} current={mode} onSelect={change} />}
      {mode === "form" ? (
        reads.map(({ field, read: r }) => (
          <FieldInput key={field.name} field={field} text={texts[field.name] ?? ""} problem={(touched ? r.problem : null) ?? (about === field.name ? (problem?.message ?? null) : null)} onChange={(text) => setTexts((old) => ({ ...old, [field.name]: text }))} />
        ))
      ) : (
        <div className="field">
          <label htmlFor="conf">Conf <span className="muted">(JSON)</span></label>
          <textarea id="conf" className="mono" rows={8} spellCheck={false} value={json} aria-invalid={jsonProblem !== null} onChange={(event) => setJson(event.target.value)} />
          {jsonProblem && <p className="field-problem" role="alert">{jsonProblem}</p>}
        </div>
      )}
      <details className="more" open={["dag_run_id", "run_id", "logical_date", "note"].includes(problemField ?? "")}>
        <summary>Run id, logical date, note</summary>
        <div className="field-row">
          <div className="field">
            <label htmlFor="run-id">Run id</label>
            <input id="run-id" placeholder="made from the time" value={extra.dag_run_id} aria-invalid={/run_id/.test(problemField ?? "")} onChange={(event) => setExtra({ ...extra, dag_run_id: event.target.value })} />
          </div>
          <div className="field">
            <label htmlFor="logical-date">Logical date <span className="muted">(UTC)</span></label>
            <input id="logical-date" type="datetime-local" value={extra.logical_date} aria-invalid={problemField === "logical_date"} onChange={(event) => setExtra({ ...extra, logical_date: event.target.value })} />
          </div>
        </div>
        <div className="field">
          <label htmlFor="note">Note</label>
          <textarea id="note" rows={2} value={extra.note} onChange={(event) => setExtra({ ...extra, note: event.target.value })} />
        </div>
      </details>
      {isPaused && <p className="hint">The DAG is paused: the run waits in queued until the DAG is unpaused.</p>}
      {problem && !about && <Problem error={problem} />}
      <footer className="form-foot">
        <button type="button" className="button" onClick={onCancel}>Cancel</button>
        <button type="submit" className="button primary" disabled={busy}>{busy ? "Triggering…" : "Trigger"}</button>
      </footer>
    </form>
  );
}
