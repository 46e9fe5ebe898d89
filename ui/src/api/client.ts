import { isObject } from "../lib/json";
import type { Json, JsonObject } from "./types";

/** Where the server mounted the pages; index.html's <base> carries it, without the trailing slash. */
export const basePath = new URL(document.baseURI).pathname.replace(/\/$/, "");

/** What the server said no to: an RFC 9457 problem document. */
export class ProblemError extends Error {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly hint: string | null;
  readonly field: string | null;

  constructor(status: number, document: JsonObject) {
    const title = text(document.title) ?? `The server answered ${status}`;
    const detail = text(document.detail) ?? "";
    super(detail || title);
    this.status = status;
    this.title = title;
    this.detail = detail;
    this.hint = text(document.hint);
    this.field = text(document.field);
  }
}

/** The server could not be reached, or something between here and there answered in its place. */
export class UnreachableError extends Error {
  readonly title = "Tradewind cannot be reached";
  readonly hint = "Check that `tradewind standalone` or `tradewind api-server` runs; this page reconnects by itself.";
}

function text(value: Json | undefined): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

export type Query = Record<string, string | number | boolean | null | undefined>;

export function url(path: string, query?: Query): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== null && value !== undefined && value !== "") search.set(name, String(value));
  }
  const tail = search.toString();
  return basePath + path + (tail ? `?${tail}` : "");
}

/** Joins path parts, each escaped, so that a run id with `+` or `/` survives. */
export function path(strings: TemplateStringsArray, ...parts: (string | number)[]): string {
  return strings.reduce((all, piece, i) => all + encodeURIComponent(String(parts[i - 1] ?? "")) + piece);
}

interface Options {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  query?: Query;
  body?: Json;
  signal?: AbortSignal;
}

/** The one way to the server. Throws ProblemError or UnreachableError. */
export async function request<T>(target: string, options: Options = {}): Promise<T> {
  const init: RequestInit = {
    method: options.method ?? "GET",
    credentials: "same-origin",
    headers: { Accept: "application/json" },
    signal: options.signal ?? null,
  };
  if (options.body !== undefined) {
    init.headers = { Accept: "application/json", "Content-Type": "application/json" };
    init.body = JSON.stringify(options.body);
  }
  let response: Response;
  try {
    response = await fetch(url(target, options.query), init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new UnreachableError("No answer from the server.");
  }
  if (response.status === 204) return undefined as T;
  const kind = response.headers.get("content-type") ?? "";
  if (!kind.includes("json")) {
    throw new UnreachableError(`Expected JSON from ${target}, received ${kind || "nothing"} (${response.status}).`);
  }
  const body = (await response.json()) as Json;
  if (!response.ok) throw new ProblemError(response.status, isObject(body) ? body : {});
  return body as T;
}
