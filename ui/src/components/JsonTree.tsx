import { useState } from "react";
import type { Json } from "../api/types";
import { isObject } from "../lib/json";

const FIRST = 100;

/** A JSON value that folds; long lists open a hundred at a time. */
export function JsonTree({ value, name, depth = 0 }: { value: Json; name?: string; depth?: number }) {
  const label = name === undefined ? null : <span className="json-key">{name}: </span>;
  if (!Array.isArray(value) && !isObject(value)) {
    return (
      <div className="json-line">
        {label}
        <Scalar value={value} />
      </div>
    );
  }
  return <Branch value={value} name={name} depth={depth} />;
}

function Branch({ value, name, depth }: { value: Json[] | { [key: string]: Json }; name: string | undefined; depth: number }) {
  const entries = Array.isArray(value) ? value.map((v, i) => [String(i), v] as const) : Object.entries(value);
  const [open, setOpen] = useState(depth < 2 && entries.length <= 50);
  const [shown, setShown] = useState(FIRST);
  const [before, after] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  return (
    <div className="json">
      <button type="button" className="json-fold" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span aria-hidden="true">{open ? "▾" : "▸"}</span> {name !== undefined && <span className="json-key">{name}: </span>}
        {before}
        {!open && ` ${entries.length} ${entries.length === 1 ? "item" : "items"} ${after}`}
      </button>
      {open && (
        <div className="json-in">
          {entries.slice(0, shown).map(([key, item]) => (
            <JsonTree key={key} name={key} value={item} depth={depth + 1} />
          ))}
          {entries.length > shown && (
            <button type="button" className="link" onClick={() => setShown(shown + FIRST)}>
              show {Math.min(FIRST, entries.length - shown)} more of {entries.length}
            </button>
          )}
        </div>
      )}
      {open && <div className="json-line">{after}</div>}
    </div>
  );
}

function Scalar({ value }: { value: null | boolean | number | string }) {
  if (typeof value === "string") return <span className="json-string">{JSON.stringify(value)}</span>;
  if (typeof value === "number") return <span className="json-number">{value}</span>;
  return <span className="json-word">{String(value)}</span>;
}
