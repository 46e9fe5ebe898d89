import type { Field } from "./fields";

interface Props {
  field: Field;
  text: string;
  problem: string | null;
  placeholder?: string;
  onChange: (text: string) => void;
}

const INPUT_TYPES: Partial<Record<Field["kind"], string>> = { integer: "number", number: "number", date: "date", datetime: "datetime-local", time: "time", secret: "password" };

export function FieldInput({ field, text, problem, placeholder = "", onChange }: Props) {
  const id = `param-${field.name}`;
  const common = { id, "aria-invalid": problem !== null, "aria-describedby": `${id}-about`, placeholder };
  return (
    <div className={field.kind === "boolean" ? "field inline" : "field"}>
      <label htmlFor={id}>
        {field.title}
        {field.required && field.kind !== "boolean" && <span className="required" title="required"> *</span>}
      </label>
      <Input field={field} text={text} onChange={onChange} common={common} />
      <div id={`${id}-about`}>
        {problem && <p className="field-problem" role="alert">{problem}</p>}
        {field.description && <p className="muted small">{field.description}</p>}
        {field.kind === "lines" && <p className="muted small">One value per line.</p>}
      </div>
    </div>
  );
}

interface InputProps {
  field: Field;
  text: string;
  onChange: (text: string) => void;
  common: { id: string; "aria-invalid": boolean; "aria-describedby": string; placeholder: string };
}

function Input({ field, text, onChange, common }: InputProps) {
  const { placeholder: _placeholder, ...bare } = common;
  if (field.kind === "boolean") return <input {...bare} type="checkbox" checked={text === "true"} onChange={(event) => onChange(String(event.target.checked))} />;
  if (field.kind === "enum") {
    return (
      <select {...bare} value={text} onChange={(event) => onChange(event.target.value)}>
        {(field.nullable || text === "") && <option value="">–</option>}
        {field.choices.map((choice) => <option key={JSON.stringify(choice)} value={JSON.stringify(choice)}>{String(choice)}</option>)}
      </select>
    );
  }
  if (field.kind === "lines" || field.kind === "text" || field.kind === "json") {
    return <textarea {...common} rows={Math.min(10, Math.max(3, text.split("\n").length + 1))} spellCheck={false} className={field.kind === "text" ? "" : "mono"} value={text} onChange={(event) => onChange(event.target.value)} />;
  }
  return <input {...common} type={INPUT_TYPES[field.kind] ?? "text"} autoComplete={field.kind === "secret" ? "new-password" : undefined} step={field.kind === "number" ? "any" : undefined} value={text} onChange={(event) => onChange(event.target.value)} />;
}
