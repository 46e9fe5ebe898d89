import type { Json, JsonObject, Param } from "../../api/types";
import { isObject } from "../../lib/json";

export type FieldKind = "string" | "text" | "integer" | "number" | "boolean" | "enum" | "date" | "datetime" | "time" | "lines" | "json" | "secret";

export interface Field {
  name: string;
  title: string;
  description: string | null;
  kind: FieldKind;
  choices: Json[];
  required: boolean;
  nullable: boolean;
  limits: Limits;
}

interface Limits {
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
}

function words(value: Json | undefined): string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}

/** What kind of input a param wants, from its JSON schema, or from its default value when the schema says nothing. */
export function fieldOf(name: string, param: Param): Field {
  const schema = param.schema ?? {};
  const types = words(schema.type);
  const nullable = types.includes("null") || types.length === 0;
  const title = typeof schema.title === "string" ? schema.title : name;
  const description = param.description ?? (typeof schema.description === "string" ? schema.description : null);
  const choices = Array.isArray(schema.enum) ? schema.enum : [];
  const kind = choices.length > 0 ? "enum" : kindOf(types.find((type) => type !== "null") ?? guess(param.value), schema);
  return { name, title, description, kind, choices, required: !nullable, nullable, limits: limitsOf(schema) };
}

function limitsOf(schema: JsonObject): Limits {
  const limits: Limits = {};
  for (const name of ["minimum", "maximum", "minLength", "maxLength"] as const) {
    const value = schema[name];
    if (typeof value === "number") limits[name] = value;
  }
  if (typeof schema.pattern === "string") limits.pattern = schema.pattern;
  return limits;
}

function guess(value: Json): string {
  if (Array.isArray(value)) return "array";
  if (isObject(value)) return "object";
  return typeof value === "boolean" || typeof value === "number" ? typeof value : "string";
}

function kindOf(type: string, schema: JsonObject): FieldKind {
  if (type === "boolean") return "boolean";
  if (type === "integer" || type === "number") return type;
  if (type === "object") return "json";
  if (type === "array") {
    const items = isObject(schema.items) ? words(schema.items.type) : ["string"];
    return items.includes("string") ? "lines" : "json";
  }
  if (schema.format === "date") return "date";
  if (schema.format === "date-time") return "datetime";
  if (schema.format === "time") return "time";
  if (schema.format === "password") return "secret";
  return schema.format === "multiline" ? "text" : "string";
}

/** The value as the input shows it. */
export function show(kind: FieldKind, value: Json): string {
  if (value === null || value === undefined) return "";
  if (kind === "json" || kind === "enum") return JSON.stringify(value, null, kind === "json" ? 2 : 0);
  if (kind === "lines") return Array.isArray(value) ? value.map((item) => (typeof item === "string" ? item : JSON.stringify(item))).join("\n") : String(value);
  if (kind === "datetime") return String(value).slice(0, 16);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export type Read = { value: Json; problem: null } | { value: null; problem: string };

/** The input's text as a value, or why it is none. The server checks again; this only says it sooner. */
export function read(field: Field, text: string): Read {
  const found = parse(field, text);
  const problem = found.problem ?? beyond(field.limits, found.value);
  return problem === null ? found : { value: null, problem };
}

function beyond(limits: Limits, value: Json): string | null {
  if (typeof value === "number") {
    if (limits.minimum !== undefined && value < limits.minimum) return `Must be at least ${limits.minimum}.`;
    if (limits.maximum !== undefined && value > limits.maximum) return `Must be at most ${limits.maximum}.`;
  }
  if (typeof value === "string") {
    if (limits.minLength !== undefined && value.length < limits.minLength) return limits.minLength === 1 ? "Must not be empty." : `Must have at least ${limits.minLength} characters.`;
    if (limits.maxLength !== undefined && value.length > limits.maxLength) return `Must have at most ${limits.maxLength} characters.`;
    if (limits.pattern !== undefined && !matches(limits.pattern, value)) return `Must match ${limits.pattern}.`;
  }
  return null;
}

/** Python's patterns are not all JavaScript's: one that cannot be read here is left to the server. */
function matches(pattern: string, value: string): boolean {
  try {
    return new RegExp(pattern, "u").test(value);
  } catch {
    return true;
  }
}

function parse(field: Field, text: string): Read {
  if (text === "" && field.nullable) return { value: field.kind === "lines" ? [] : null, problem: null };
  switch (field.kind) {
    case "integer":
    case "number": {
      const value = Number(text);
      if (text.trim() === "" || Number.isNaN(value)) return { value: null, problem: "Write a number." };
      if (field.kind === "integer" && !Number.isInteger(value)) return { value: null, problem: "Write a whole number." };
      return { value, problem: null };
    }
    case "boolean":
      return { value: text === "true", problem: null };
    case "lines":
      return { value: text.split("\n").filter((line) => line.trim() !== ""), problem: null };
    case "json":
    case "enum":
      return readJson(text);
    case "datetime":
      return { value: /Z|[+-]\d\d:\d\d$/.test(text) ? text : `${text}:00Z`, problem: null };
    default:
      return { value: text, problem: null };
  }
}

export function readJson(text: string): Read {
  try {
    return { value: JSON.parse(text) as Json, problem: null };
  } catch (error) {
    return { value: null, problem: error instanceof Error ? error.message : "This is not JSON." };
  }
}

/** Which param a problem document's `field` means: "conf.day", "/conf/day" and "params.day" are all "day". */
export function paramOf(field: string | null, names: string[]): string | null {
  if (!field) return null;
  const last = field.split(/[./]/).filter(Boolean).at(-1) ?? field;
  return names.includes(last) ? last : null;
}
