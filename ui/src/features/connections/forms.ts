import type { Json, JsonObject, Param } from "../../api/types";
import { isObject } from "../../lib/json";
import { asText } from "../admin/nouns";
import { fieldOf, read, readJson, show, type Field } from "../trigger/fields";

/** What the server says of one type of connection. */
export interface HookMeta {
  connection_type: string;
  hook_name: string;
  hook_class_name: string | null;
  package_name: string;
  installed: boolean;
  default_conn_name: string | null;
  standard_fields: Record<string, { title: string; hidden: boolean; placeholder: string | null }>;
  extra_fields: Record<string, { value: Json; schema: JsonObject; description: string | null; placeholder: string | null }>;
}

export interface HookMetas {
  testable: boolean;
  types: HookMeta[];
}

/** The fields every connection has, but type and extra, in the order of the form. */
export const STANDARD = ["description", "host", "schema", "login", "password", "port"] as const;
export const COVERED = "***";

/** What the form holds: a text per field, the fields of the type apart, and what else `extra` has, as JSON. */
export interface Draft {
  connType: string;
  standard: Record<string, string>;
  own: Record<string, string>;
  rest: string;
}

export function ownFields(meta: HookMeta | undefined): Field[] {
  return Object.entries(meta?.extra_fields ?? {}).map(([name, about]) => {
    const param: Param = { value: about.value, schema: about.schema, description: about.description };
    return fieldOf(name, param);
  });
}

export function draftOf(row: JsonObject | null, meta: HookMeta | undefined): Draft {
  const standard = Object.fromEntries(STANDARD.map((name) => [name, name === "password" ? "" : asText(row?.[name])]));
  const text = asText(row?.extra);
  return { connType: asText(row?.conn_type), standard, ...splitExtra(text, meta, row === null) };
}

/** `extra` as the fields of the type, and the rest; what is no JSON object is all rest. */
export function splitExtra(text: string, meta: HookMeta | undefined, fresh: boolean): Pick<Draft, "own" | "rest"> {
  const fields = ownFields(meta);
  const found = text.trim() === "" ? {} : readJson(text).value;
  if (!isObject(found)) return { own: Object.fromEntries(fields.map((field) => [field.name, ""])), rest: text };
  const rest: JsonObject = { ...found };
  const own: Record<string, string> = {};
  for (const field of fields) {
    // Older forms kept a field under its long name.
    const long = `extra__${meta?.connection_type ?? ""}__${field.name}`;
    const value = found[field.name] ?? found[long] ?? (fresh ? (meta?.extra_fields[field.name]?.value ?? null) : null);
    own[field.name] = show(field.kind, value);
    delete rest[field.name];
    delete rest[long];
  }
  return { own, rest: Object.keys(rest).length > 0 ? JSON.stringify(rest, null, 2) : "" };
}

export type Joined = { extra: string; problem: null; field: null } | { extra: null; problem: string; field: string };

/** The two back in one JSON text; "" when there is nothing. */
export function joinExtra(draft: Draft, meta: HookMeta | undefined): Joined {
  const rest = draft.rest.trim() === "" ? {} : readJson(draft.rest).value;
  const filled = ownFields(meta).filter((field) => (draft.own[field.name] ?? "") !== "");
  if (!isObject(rest)) {
    // A text that is no object can stand alone only; the server says whether it takes it.
    return filled.length === 0 ? { extra: draft.rest, problem: null, field: null } : { extra: null, problem: "Must be a JSON object: { … }.", field: "extra" };
  }
  const whole: JsonObject = { ...rest };
  for (const field of filled) {
    const text = draft.own[field.name] ?? "";
    const found = text === COVERED ? { value: COVERED, problem: null } : read(field, text);
    if (found.problem !== null) return { extra: null, problem: found.problem, field: field.name };
    whole[field.name] = found.value;
  }
  return { extra: Object.keys(whole).length > 0 ? JSON.stringify(whole) : "", problem: null, field: null };
}

/** What to send: all that is filled in for a new connection, only what differs for a known one. */
export function bodyOf(row: JsonObject | null, connId: string, draft: Draft, extra: string, all = false): JsonObject {
  const whole = row === null || all;
  const body: JsonObject = whole ? { connection_id: connId } : {};
  if (whole || draft.connType !== row.conn_type) body.conn_type = draft.connType;
  for (const name of STANDARD) {
    const text = draft.standard[name] ?? "";
    const before = name === "password" ? "" : asText(row?.[name]);
    if (whole ? text === "" : text === before) continue;
    body[name] = name === "port" ? (text === "" ? null : Number(text)) : text;
  }
  const was = asText(row?.extra);
  if (whole ? extra !== "" : !same(extra, was)) body.extra = extra;
  return body;
}

function same(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => (text.trim() === "" ? {} : (readJson(text).value ?? text)));
  return sorted(a) === sorted(b);
}

function sorted(value: Json | undefined): string {
  return JSON.stringify(value, (_key, each: Json) => (isObject(each) ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1))) : each));
}
