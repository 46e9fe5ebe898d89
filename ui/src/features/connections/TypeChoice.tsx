import { useState } from "react";
import type { HookMeta } from "./forms";

interface Props {
  metas: HookMeta[];
  meta: HookMeta | undefined;
  connType: string;
  problem: string | null;
  onChange: (connType: string) => void;
}

const OTHER = "\u0000other";

/** The types whose hooks are here, those everybody knows, and any other by its name. */
export function TypeChoice({ metas, meta, connType, problem, onChange }: Props) {
  const [isOther, setOther] = useState(connType !== "" && meta === undefined);
  const groups = [
    { label: "Ready to use", types: metas.filter((type) => type.installed) },
    { label: "Their package is not installed here", types: metas.filter((type) => !type.installed) },
  ];
  const choose = (value: string) => {
    setOther(value === OTHER);
    onChange(value === OTHER ? "" : value);
  };
  return (
    <div className="field">
      <label htmlFor="conn-type">Connection type<span className="required"> *</span></label>
      <select id="conn-type" required aria-invalid={problem !== null} value={isOther ? OTHER : connType} onChange={(event) => choose(event.target.value)}>
        <option value="" disabled>Choose…</option>
        {groups.map((group) => group.types.length > 0 && (
          <optgroup key={group.label} label={group.label}>
            {group.types.map((type) => <option key={type.connection_type} value={type.connection_type}>{type.hook_name}{type.hook_name.toLowerCase() !== type.connection_type && ` (${type.connection_type})`}</option>)}
          </optgroup>
        ))}
        <option value={OTHER}>Another type…</option>
      </select>
      {isOther && <input aria-label="Name of the type" className="mono" required value={connType} placeholder="name of the type" onChange={(event) => onChange(event.target.value)} />}
      <div>
        {problem && <p className="field-problem" role="alert">{problem}</p>}
        {meta && !meta.installed && meta.package_name && <p className="muted small">Tasks that use its hook need <code>pip install {meta.package_name}</code> where they run.</p>}
      </div>
    </div>
  );
}
