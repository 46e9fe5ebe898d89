import { useMutation } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { ProblemError, request } from "../../api/client";
import type { JsonObject } from "../../api/types";
import { Dialog } from "../../components/Dialog";
import { Problem } from "../../components/Problem";
import { say } from "../../components/Toast";
import { bodyOf, isHidden, textsOf, type Column, type Noun } from "./nouns";

interface Props {
  noun: Noun;
  /** null: a new one */
  row: JsonObject | null;
  onClose: () => void;
  onSaved: () => void;
}

export function EditDialog({ noun, row, onClose, onSaved }: Props) {
  const [texts, setTexts] = useState(() => textsOf(noun, row));
  const name = String(row?.[noun.key] ?? "");
  const save = useMutation({
    mutationFn: () => {
      const target = row ? `/api/v1/${noun.id}/${encodeURIComponent(name)}` : `/api/v1/${noun.id}`;
      return request<JsonObject>(target, { method: row ? "PATCH" : "POST", body: bodyOf(noun, row, texts) });
    },
    meta: { ownProblem: true },
    onSuccess: () => {
      say(row ? `${name} saved` : `${texts[noun.key] ?? ""} added`);
      onSaved();
    },
  });
  const wrong = save.error instanceof ProblemError ? save.error.field : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Dialog title={row ? name : `New ${noun.one}`} onClose={onClose}>
      <form className="trigger" onSubmit={submit}>
        {noun.columns.map((column) => (
          <Line key={column.name} column={column} text={texts[column.name] ?? ""} isFixed={row !== null && column.name === noun.key} keeps={row !== null && isHidden(column, row)} problem={wrong === column.name ? (save.error?.message ?? null) : null} onChange={(text) => setTexts((old) => ({ ...old, [column.name]: text }))} />
        ))}
        {save.error && !noun.columns.some((column) => column.name === wrong) && <Problem error={save.error} />}
        <footer className="form-foot">
          <button type="button" className="button" onClick={onClose}>Cancel</button>
          <button type="submit" className="button primary" disabled={save.isPending}>Save</button>
        </footer>
      </form>
    </Dialog>
  );
}

interface LineProps {
  column: Column;
  text: string;
  isFixed: boolean;
  /** leaving it empty keeps what the server has */
  keeps: boolean;
  problem: string | null;
  onChange: (text: string) => void;
}

function Line({ column, text, isFixed, keeps, problem, onChange }: LineProps) {
  const id = `admin-${column.name}`;
  const common = { id, "aria-invalid": problem !== null, disabled: isFixed, required: Boolean(column.required) && !keeps, placeholder: keeps ? "unchanged" : "" };
  return (
    <div className={column.kind === "boolean" ? "field inline" : "field"}>
      <label htmlFor={id}>{column.label}{column.required && <span className="required"> *</span>}</label>
      {column.kind === "lines" && <textarea {...common} className="mono" rows={3} spellCheck={false} value={text} onChange={(event) => onChange(event.target.value)} />}
      {column.kind === "boolean" && <input id={id} type="checkbox" checked={text === "true"} onChange={(event) => onChange(String(event.target.checked))} />}
      {column.kind !== "lines" && column.kind !== "boolean" && <input {...common} type={column.kind === "secret" ? "password" : column.kind} autoComplete={column.kind === "secret" ? "new-password" : "off"} value={text} onChange={(event) => onChange(event.target.value)} />}
      <div>
        {problem && <p className="field-problem" role="alert">{problem}</p>}
        {column.help && <p className="muted small">{column.help}</p>}
      </div>
    </div>
  );
}
