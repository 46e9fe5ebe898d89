import type { Json, JsonObject } from "../../api/types";

export interface Column {
  name: string;
  label: string;
  kind: "text" | "lines" | "secret" | "number" | "boolean";
  required?: boolean;
  /** shown in the table */
  listed?: boolean;
  help?: string;
}

/** One kind of thing an administrator keeps; the table and the form are made from this. */
export interface Noun {
  id: "variables" | "connections" | "pools";
  title: string;
  one: string;
  key: string;
  /** as the role names it */
  thing: string;
  columns: Column[];
  empty: string;
}

export const NOUNS: Noun[] = [
  {
    id: "variables",
    title: "Variables",
    one: "variable",
    key: "key",
    thing: "Variables",
    empty: "A DAG reads a variable with Variable.get(\"name\"), a template with {{ var.value.name }}.",
    columns: [
      { name: "key", label: "Key", kind: "text", required: true, listed: true },
      { name: "value", label: "Value", kind: "lines", required: true, listed: true, help: "Kept encrypted. A key that sounds secret (password, token, …) is never shown again." },
      { name: "description", label: "Description", kind: "text", listed: true },
    ],
  },
  {
    id: "connections",
    title: "Connections",
    one: "connection",
    key: "connection_id",
    thing: "Connections",
    empty: "A hook or operator finds its server, user and password by the id of a connection.",
    columns: [
      { name: "connection_id", label: "Connection id", kind: "text", required: true, listed: true },
      { name: "conn_type", label: "Type", kind: "text", required: true, listed: true, help: "postgres, http, aws, …" },
      { name: "host", label: "Host", kind: "text", listed: true },
      { name: "port", label: "Port", kind: "number", listed: true },
      { name: "schema", label: "Schema", kind: "text" },
      { name: "login", label: "Login", kind: "text", listed: true },
      { name: "password", label: "Password", kind: "secret", help: "Kept encrypted and never shown. Leave empty to keep the one there is." },
      { name: "extra", label: "Extra", kind: "lines", help: "JSON" },
      { name: "description", label: "Description", kind: "text" },
    ],
  },
  {
    id: "pools",
    title: "Pools",
    one: "pool",
    key: "name",
    thing: "Pools",
    empty: "A pool limits how many tasks use a scarce thing at once.",
    columns: [
      { name: "name", label: "Name", kind: "text", required: true, listed: true },
      { name: "slots", label: "Slots", kind: "number", required: true, listed: true, help: "-1 means no limit." },
      { name: "description", label: "Description", kind: "text", listed: true },
      { name: "include_deferred", label: "Deferred tasks take a slot", kind: "boolean" },
    ],
  },
];

/** The form's texts for a row; a masked or secret value starts empty. */
export function textsOf(noun: Noun, row: JsonObject | null): Record<string, string> {
  return Object.fromEntries(noun.columns.map((column) => [column.name, isHidden(column, row) ? "" : asText(row?.[column.name])]));
}

export function isHidden(column: Column, row: JsonObject | null): boolean {
  return column.kind === "secret" || row?.[column.name] === "***";
}

export function asText(value: Json | undefined): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** What to send: everything filled in for a new row, only what differs for a known one. */
export function bodyOf(noun: Noun, row: JsonObject | null, texts: Record<string, string>): JsonObject {
  const before = textsOf(noun, row);
  const body: JsonObject = {};
  for (const column of noun.columns) {
    const text = texts[column.name] ?? "";
    if (row ? text === before[column.name] : text === "" && !column.required) continue;
    body[column.name] = column.kind === "boolean" ? text === "true" : column.kind !== "number" ? text : text === "" ? null : Number(text);
  }
  return body;
}
