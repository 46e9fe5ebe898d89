import { useMutation, useQuery } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { ProblemError, request } from "../../api/client";
import { hookMetaQuery } from "../../api/queries";
import type { JsonObject } from "../../api/types";
import { Dialog } from "../../components/Dialog";
import { Loading } from "../../components/Loading";
import { Problem } from "../../components/Problem";
import { say } from "../../components/Toast";
import { FieldInput } from "../trigger/FieldInput";
import { TypeChoice } from "./TypeChoice";
import { COVERED, STANDARD, bodyOf, draftOf, joinExtra, ownFields, splitExtra, type HookMetas } from "./forms";

interface Props {
  /** null: a new one */
  row: JsonObject | null;
  onClose: () => void;
  onSaved: () => void;
}

/** The form of a connection, as the hook of its type wants it. */
export function ConnectionDialog(props: Props) {
  const metas = useQuery(hookMetaQuery);
  const title = props.row ? String(props.row.connection_id) : "New connection";
  return (
    <Dialog title={title} onClose={props.onClose} wide key={metas.data ? "form" : "wait"}>
      {metas.error && <Problem error={metas.error} retry={() => void metas.refetch()} />}
      {metas.isPending && <Loading />}
      {metas.data && <ConnectionForm {...props} metas={metas.data} />}
    </Dialog>
  );
}

interface Told {
  status: boolean;
  message: string;
}

function ConnectionForm({ row, onClose, onSaved, metas }: Props & { metas: HookMetas }) {
  const metaOf = (connType: string) => metas.types.find((type) => type.connection_type === connType);
  const [connId, setConnId] = useState(String(row?.connection_id ?? ""));
  const [draft, setDraft] = useState(() => draftOf(row, metaOf(String(row?.conn_type ?? ""))));
  const [touched, setTouched] = useState(false);
  const meta = metaOf(draft.connType);
  const joined = joinExtra(draft, meta);
  const save = useMutation({
    mutationFn: (extra: string) => request<JsonObject>(row ? `/api/v1/connections/${encodeURIComponent(connId)}` : "/api/v1/connections", { method: row ? "PATCH" : "POST", body: bodyOf(row, connId, draft, extra) }),
    meta: { ownProblem: true },
    onSuccess: () => {
      say(row ? `${connId} saved` : `${connId} added`);
      onSaved();
    },
  });
  const attempt = useMutation({
    mutationFn: (extra: string) => request<Told>("/api/v1/connections/test", { method: "POST", body: bodyOf(row, connId || "new", draft, extra, true) }),
    meta: { ownProblem: true },
  });
  const error = save.error ?? attempt.error;
  const wrong = error instanceof ProblemError ? error.field : null;
  const problemOf = (name: string) => (wrong === name ? (error?.message ?? null) : touched && joined.field === name ? joined.problem : null);
  const shown = ["connection_id", "conn_type", "extra", ...STANDARD];

  const retype = (connType: string) => {
    const next = metaOf(connType);
    setDraft((old) => ({ ...old, connType, ...splitExtra(joinExtra(old, meta).extra ?? old.rest, next, row === null) }));
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTouched(true);
    if (joined.extra !== null) save.mutate(joined.extra);
  };
  const isNew = row === null;
  return (
    <form className="trigger" onSubmit={submit}>
      <Line name="connection_id" label="Connection id" required fixed={!isNew} text={connId} problem={problemOf("connection_id")} onChange={setConnId} help={meta?.default_conn_name ? `Hooks of this type ask for ${meta.default_conn_name} when they are told no other.` : undefined} />
      <TypeChoice metas={metas.types} meta={meta} connType={draft.connType} problem={problemOf("conn_type")} onChange={retype} />
      {STANDARD.map((name) => {
        const about = meta?.standard_fields[name];
        if (about?.hidden && (draft.standard[name] ?? "") === "") return null;
        return <Line key={name} name={name} label={about?.title ?? name[0]?.toUpperCase() + name.slice(1)} kind={name === "password" ? "password" : name === "port" ? "number" : "text"} placeholder={name === "password" && !isNew ? "unchanged" : (about?.placeholder ?? "")} text={draft.standard[name] ?? ""} problem={problemOf(name)} onChange={(text) => setDraft((old) => ({ ...old, standard: { ...old.standard, [name]: text } }))} help={name === "password" ? "Kept encrypted and never shown again." : undefined} />;
      })}
      {ownFields(meta).map((field) => {
        const text = draft.own[field.name] ?? "";
        return <FieldInput key={field.name} field={field} text={text === COVERED ? "" : text} placeholder={text === COVERED ? "unchanged" : (meta?.extra_fields[field.name]?.placeholder ?? "")} problem={problemOf(field.name)} onChange={(next) => setDraft((old) => ({ ...old, own: { ...old.own, [field.name]: next } }))} />;
      })}
      {(!meta?.standard_fields.extra?.hidden || draft.rest !== "") && (
        <Line name="extra" label={meta?.standard_fields.extra?.title ?? "Extra"} kind="lines" placeholder={meta?.standard_fields.extra?.placeholder ?? ""} text={draft.rest} problem={problemOf("extra")} onChange={(rest) => setDraft((old) => ({ ...old, rest }))} help={`Further settings, as a JSON object. A value shown as ${COVERED} stays as it is.`} />
      )}
      {attempt.data && <p className={attempt.data.status ? "hint good" : "hint bad"} role="status" ref={intoView}>{attempt.data.status ? "It works. " : "It does not work. "}{attempt.data.message}</p>}
      {error && !(wrong && shown.includes(wrong)) && <Problem error={error} />}
      <footer className="form-foot">
        {metas.testable && meta?.installed && (
          <button type="button" className="button" disabled={attempt.isPending} onClick={() => { setTouched(true); save.reset(); if (joined.extra !== null) attempt.mutate(joined.extra); }}>{attempt.isPending ? "Testing…" : "Test"}</button>
        )}
        <span className="grow" />
        <button type="button" className="button" onClick={onClose}>Cancel</button>
        <button type="submit" className="button primary" disabled={save.isPending}>Save</button>
      </footer>
    </form>
  );
}

/** The answer appears at the end of a long form. */
function intoView(element: HTMLElement | null) {
  element?.scrollIntoView({ block: "nearest" });
}

interface LineProps {
  name: string;
  label: string;
  text: string;
  problem: string | null;
  onChange: (text: string) => void;
  kind?: "text" | "password" | "number" | "lines";
  required?: boolean;
  fixed?: boolean;
  placeholder?: string;
  help?: string | undefined;
}

function Line({ name, label, text, problem, onChange, kind = "text", required = false, fixed = false, placeholder = "", help }: LineProps) {
  const id = `conn-${name}`;
  const common = { id, "aria-invalid": problem !== null, disabled: fixed, required, placeholder, value: text };
  return (
    <div className="field">
      <label htmlFor={id}>{label}{required && <span className="required"> *</span>}</label>
      {kind === "lines" ? <textarea {...common} className="mono" rows={Math.min(8, Math.max(3, text.split("\n").length))} spellCheck={false} onChange={(event) => onChange(event.target.value)} /> : <input {...common} type={kind} autoComplete={kind === "password" ? "new-password" : "off"} onChange={(event) => onChange(event.target.value)} />}
      <div>
        {problem && <p className="field-problem" role="alert">{problem}</p>}
        {help && <p className="muted small">{help}</p>}
      </div>
    </div>
  );
}
