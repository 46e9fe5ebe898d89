// A pretended Tradewind for working on the page: `npm run mock`, then `npm run dev`, or serve the build on the same port.
// MOCK_DAGS (default 2000) says how many DAGs; the DAG "big" has 5,000 tasks.
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, resolve } from "node:path";
import * as data from "./mock-data.mjs";

const PORT = Number(process.env.PORT ?? 8080);
const COUNT = Number(process.env.MOCK_DAGS ?? 2000);
const STATIC = resolve(import.meta.dirname, "../../src/tradewind/api/static");
const dags = Array.from({ length: COUNT }, (_, i) => data.makeDag(i, COUNT === 1));
const grids = new Map();
const streams = new Set();
let journal = 1;

if (COUNT > 1) dags.unshift({ ...data.makeDag(12, false), dag_id: "big", recent_runs: data.makeRuns(14, true), tags: ["core"], is_paused: false });

function grid(dag) {
  if (!grids.has(dag)) {
    const rows = dag === "big" ? data.bigRows() : data.smallRows();
    const runs = data.makeRuns(dag === "big" ? 50 : 40, true);
    const cells = Object.fromEntries(runs.map((run) => [run.run_id, data.cellsFor(rows, run, 0.45)]));
    const mapped = dag === "big" ? {} : Object.fromEntries(runs.map((run) => [run.run_id, { per_country: run.state === "success" ? { success: 18, skipped: 2 } : { success: 11, running: 4, failed: 2, none: 3 } }]));
    grids.set(dag, { rows, runs, cells, mapped });
  }
  return grids.get(dag);
}

function problem(status, title, detail, hint, field) {
  return { status, type: "application/problem+json", body: { type: "about:blank", title, status, detail, hint, field } };
}

function listDags(q) {
  const state = q.get("state");
  const last = (dag) => dag.recent_runs.at(-1)?.state;
  const search = (q.get("search") ?? "").toLowerCase();
  const found = dags.filter((dag) => dag.dag_id.includes(search) && (!q.get("tag") || dag.tags.includes(q.get("tag"))) && (!q.get("paused") || String(dag.is_paused) === q.get("paused")) && (!state || last(dag) === state));
  if (q.get("order_by") === "next_run_after") found.sort((a, b) => a.next_run_after.localeCompare(b.next_run_after));
  const offset = Number(q.get("offset") ?? 0);
  const count = (test) => dags.filter(test).length;
  const counts = { all: dags.length, active: count((d) => !d.is_paused), paused: count((d) => d.is_paused), running: count((d) => last(d) === "running"), failed: count((d) => last(d) === "failed") };
  return { total: found.length, counts, tags: ["core", "finance", "ml", "ops"], dags: found.slice(offset, offset + Number(q.get("limit") ?? 50)) };
}

const PARAMS = {
  day: { value: "2026-11-19", schema: { type: "string", format: "date", title: "Day to load" }, description: "All orders of this day." },
  region: { value: "emea", schema: { enum: ["emea", "apac", "amer"] }, description: "Which warehouse." },
  limit: { value: 1000, schema: { type: "integer", minimum: 1 } },
  full: { value: false, schema: { type: "boolean", title: "Load everything again" } },
  countries: { value: ["de", "fr"], schema: { type: "array" } },
  options: { value: { retries: 2 }, schema: { type: "object" } },
};
const DOC = "# Sales\nLoads **orders** of a day and writes the report. See [the wiki](https://example.org).\n\n- idempotent\n- owned by `data`\n\n| step | minutes |\n|---|---|\n| extract | 2 |\n| transform | 5 |";

function dagDetail(dag) {
  return { ...dag, doc_md: DOC, params: PARAMS, version: { number: 3, hash: "9f2c1b7d4e5a60718293a4b5c6d7e8f9", created_at: new Date(data.NOW - 9e8).toISOString() }, start_date: "2026-01-01T00:00:00Z", end_date: null, catchup: false, max_active_runs: 16, max_active_tasks: 16, timezone: "UTC", default_args_owner: "data" };
}

const JOURNAL = (run) => [
  { at: run.run_after, before: null, after: "queued", why: "the interval ended and the schedule @daily says so", actor: "scheduler" },
  { at: run.started_at, before: "queued", after: "running", why: "a run slot was free (0 of 16 taken)", actor: "scheduler" },
];

function taskDetail(g, run, id) {
  const at = g.rows.findIndex((row) => row.id === id);
  const row = data.taskRows(g.rows, run, g.cells[run.run_id]).find((task) => task.task_id === id);
  if (!row) return problem(404, "No such task", `The run has no task ${id}.`, "Look at the grid for the tasks of this run.");
  const attempts = row.try_number === 0 ? [] : Array.from({ length: row.try_number }, (_, i) => ({ id: `a${i}`, try_number: i + 1, state: i + 1 < row.try_number ? "failed" : row.state, host: "worker-1", pid: 4100 + i, queued_at: row.queued_at, started_at: row.started_at, ended_at: row.ended_at, error: row.state === "failed" ? "ValueError: amount is negative" : null, log_path: "x" }));
  const why = { failed: "try 2 of 2 failed: ValueError: amount is negative", upstream_failed: "extract.orders failed and the rule is all_success", queued: "handed to LocalExecutor; waits for a worker process", scheduled: "waits for pool db (5/5 held by warehouse_load, invoices), next free in about 40 s", none: "waits for transform.join", skipped: "choose did not follow this path" }[row.state ?? "none"] ?? "all upstream tasks succeeded";
  const mapped = g.rows[at].is_mapped ? Array.from({ length: 20 }, (_, i) => ({ map_index: i, state: i < 11 ? "success" : i < 15 ? "running" : i < 17 ? "failed" : null, map_label: ["de", "fr", "it", "es", "pl"][i % 5] })) : null;
  return { ...row, attempts, rendered: { bash_command: "load --day 2026-11-19 --region emea", env: { MODE: "full" } }, journal: [{ at: run.started_at, before: null, after: "scheduled", why: "all upstream tasks succeeded", actor: "scheduler" }, { at: row.started_at ?? run.started_at, before: "scheduled", after: row.state, why, actor: "scheduler" }], mapped, spec: { retries: 1, retry_delay: 300, pool: "default_pool", trigger_rule: "all_success" } };
}

const XCOMS = [
  { key: "return_value", value: { rows: 1024, parts: ["a", "b"], ok: true, ratio: 0.97 }, at: new Date(data.NOW).toISOString() },
  { key: "top", value: { __artifact__: "table", columns: ["country", "orders"], rows: [["de", 412], ["fr", 388], ["it", 97]] }, at: new Date(data.NOW).toISOString() },
  { key: "summary", value: { __artifact__: "markdown", text: "## Loaded\n**1,024** rows, 3 refused." }, at: new Date(data.NOW).toISOString() },
];
const LOGS = { short: data.logText(140), long: data.logText(90_000) };

function ofDag(name, rest, q) {
  const dag = dags.find((candidate) => candidate.dag_id === name);
  if (!dag) return problem(404, "No such DAG", `There is no DAG called ${name}.`, `Did you mean ${dags[0].dag_id}?`);
  if (rest.length === 0) return dagDetail(dag);
  const g = grid(name);
  if (rest[0] === "source") return { source: SOURCE, fileloc: dag.fileloc, version: Number(q.get("version") ?? 3) };
  if (rest[0] === "structure") {
    const edges = (name === "big" ? data.bigEdges(g.rows) : data.SMALL_EDGES).map(([from, to, label]) => ({ from, to, label: label ?? null }));
    return { nodes: g.rows.map((row) => ({ ...row, trigger_rule: "all_success", is_setup: false, is_teardown: row.is_teardown ?? false, ui_color: null, ui_fgcolor: null, doc_md: null })), edges };
  }
  if (rest[0] === "grid") {
    const found = g.runs.filter((run) => (!q.get("state") || run.state === q.get("state")) && (!q.get("run_type") || run.run_type === q.get("run_type")) && (!q.get("before") || run.run_after < q.get("before")));
    const runs = found.slice(-Number(q.get("limit") ?? 25));
    return { ...g, runs, cells: Object.fromEntries(runs.map((run) => [run.run_id, g.cells[run.run_id]])) };
  }
  const run = g.runs.find((candidate) => candidate.run_id === rest[1]);
  if (!run) return problem(404, "No such run", `${name} has no run ${rest[1]}.`, "It may have been deleted.");
  if (rest.length === 2) {
    const counts = {};
    g.rows.forEach((row, i) => { if (row.kind === "task") { const s = data.stateOf(g.cells[run.run_id][i]); counts[s] = (counts[s] ?? 0) + 1; } });
    return { ...run, conf: { day: "2026-11-19", full: false }, triggered_by: run.run_type === "manual" ? "anna" : "scheduler", counts, journal: JOURNAL(run) };
  }
  if (rest.length === 3) return { tasks: data.taskRows(g.rows, run, g.cells[run.run_id]) };
  if (rest[4] === "xcoms") return { xcoms: XCOMS };
  if (rest[4] === "logs") {
    const text = rest[3] === "wait_for_file" ? LOGS.long : LOGS.short;
    const offset = Number(q.get("offset") ?? 0);
    const piece = text.slice(offset, offset + 1_000_000);
    const live = rest[3] === "extract.refunds";
    return { text: piece, next_offset: offset + piece.length, ended: !live && offset + piece.length >= text.length };
  }
  return taskDetail(g, run, rest[3]);
}

const SOURCE = `"""Loads the sales of a day."""
from __future__ import annotations

import pendulum
from airflow.sdk import DAG, task

COUNTRIES = ["de", "fr", "it"]  # more to come


@task(retries=2)
def load(country: str, limit: int = 1_000) -> dict[str, int]:
    """Load one country and say how many rows came."""
    rows = [row for row in range(limit) if row % 3 == 0]
    print(f"{country}: {len(rows)} rows")
    return {country: len(rows)}


with DAG("sales_daily", schedule="@daily", start_date=pendulum.datetime(2026, 1, 1)) as dag:
    load.expand(country=COUNTRIES)
`;

function handle(method, parts, q, body) {
  const [first, second, ...rest] = parts;
  if (first === "auth") {
    if (second === "logout") return { ok: true };
    return body.password === "wrong" ? problem(401, "Log-in refused", "The username or the password is wrong.", "Reset it with: tradewind users reset-password", "password") : { username: body.username, roles: ["Admin"] };
  }
  if (first === "ui" && second === "me") return { username: "admin", roles: ["Admin"] };
  if (first === "ui" && second === "health") return { status: "healthy", database: { status: "healthy" }, processes: ["scheduler", "parser", "api", "worker"].map((kind) => ({ kind, status: "healthy", beat_at: new Date().toISOString() })) };
  if (first === "ui" && second === "import_errors") return { errors: COUNT === 1 ? [] : [{ fileloc: "dags/broken.py", bundle: "dags-folder", code: "import_failed", message: "ModuleNotFoundError: No module named 'pandsa'", line: 4, hint: "Did you mean pandas?", stacktrace: 'Traceback (most recent call last):\n  File "dags/broken.py", line 4, in <module>\n    import pandsa', at: new Date(data.NOW - 9e5).toISOString() }], warnings: [] };
  if (first === "ui" && second === "dags") return rest.length === 0 ? listDags(q) : ofDag(rest[0], rest.slice(1), q);
  if (first === "api" && ADMIN[rest[0]]) return method === "GET" ? { [rest[0]]: ADMIN[rest[0]], total_entries: ADMIN[rest[0]].length } : body;
  if (first === "api") return verb(method, rest.slice(1), body);
  return problem(404, "Not found", `There is nothing at /${parts.join("/")}.`, null);
}

const ADMIN = {
  variables: [{ key: "region", value: "emea", description: "where" }, { key: "api_password", value: "***", description: null }],
  connections: [{ connection_id: "warehouse", conn_type: "postgres", host: "db.example.org", port: 5432, login: "etl", schema: "dwh", extra: null, description: null }],
  pools: [{ name: "default_pool", slots: 128, description: "Default pool", include_deferred: false, running_slots: 31, queued_slots: 4, scheduled_slots: 0 }],
};

function verb(method, [name, ...rest], body) {
  const dag = dags.find((candidate) => candidate.dag_id === name);
  if (!dag) return problem(404, "No such DAG", name, null);
  if (method === "PATCH" && rest.length === 0) {
    dag.is_paused = body.is_paused;
    push("dags", {});
    return dag;
  }
  if (method === "POST" && rest[0] === "dagRuns") {
    if (body.conf?.limit < 1) return problem(422, "Param refused", "limit must be at least 1.", "Write 1 or more.", "conf.limit");
    const now = new Date().toISOString();
    const g = grid(name);
    const run = { run_id: body.dag_run_id ?? `manual__${now}`, state: "running", run_type: "manual", logical_date: now, run_after: now, queued_at: now, started_at: now, ended_at: null, seconds: null, version: 3, note: body.note ?? null };
    g.runs.push(run);
    g.cells[run.run_id] = g.rows.map(() => "n").join("");
    push("change", { journal_id: journal++, runs: [{ dag_id: name, run_id: run.run_id, state: "running", started_at: now, ended_at: null }], tasks: [] });
    return { dag_run_id: run.run_id };
  }
  if (rest[0] === "clearTaskInstances") {
    const rows = grid(name).rows.filter((row) => row.kind === "task");
    const from = body.task_ids ? rows.findIndex((row) => row.id === body.task_ids[0]) : 0;
    return { task_instances: rows.slice(from, body.include_downstream || !body.task_ids ? undefined : from + 1).map((row) => ({ task_id: row.id, dag_run_id: body.dag_run_id, map_index: -1, state: "success" })) };
  }
  return { ok: true };
}

function push(event, body) {
  for (const stream of streams) stream.write(`event: ${event}\ndata: ${JSON.stringify(body)}\n\n`);
}

// Every second the newest run of each opened DAG moves a little.
setInterval(() => {
  for (const [name, g] of grids) {
    const run = g.runs.at(-1);
    const letters = [...g.cells[run.run_id]];
    const tasks = [];
    const move = (from, to, most) => {
      for (let i = 0, n = 0; i < letters.length && n < most; i++) {
        if (letters[i] !== data.letterOf(from) || g.rows[i].kind === "group") continue;
        letters[i] = data.letterOf(to);
        tasks.push([name, run.run_id, g.rows[i].id, -1, to]);
        n++;
      }
    };
    const step = name === "big" ? 20 : 1;
    move("running", "success", step);
    move("queued", "running", step);
    move("scheduled", "queued", step);
    move("none", "scheduled", step);
    g.cells[run.run_id] = data.fold(g.rows, letters);
    if (tasks.length) push("change", { journal_id: journal++, runs: [], tasks });
  }
  push("ping", {});
}, Number(process.env.MOCK_TICK ?? 1000));

function stream(request, response, isLog) {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  response.write(": hello\n\n");
  if (!isLog) {
    streams.add(response);
    request.on("close", () => streams.delete(response));
    return;
  }
  let offset = 100_000;
  const timer = setInterval(() => {
    const text = `[${new Date().toISOString().replace("T", " ").replace(".", ",").slice(0, 23)}] {load.py:7} INFO - still loading\n`;
    offset += text.length;
    response.write(`event: lines\ndata: ${JSON.stringify({ text, next_offset: offset })}\n\n`);
  }, 500);
  request.on("close", () => clearInterval(timer));
}

const TYPES = { ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html" };

createServer(async (request, response) => {
  const at = new URL(request.url, "http://mock");
  const parts = at.pathname.split("/").filter(Boolean).map(decodeURIComponent);
  if (!["ui", "api", "auth"].includes(parts[0])) {
    const wanted = join(STATIC, at.pathname);
    const file = wanted.startsWith(STATIC) && extname(wanted) && existsSync(wanted) ? wanted : join(STATIC, "index.html");
    response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" });
    return response.end(readFileSync(file));
  }
  if (parts.at(-1) === "stream") return stream(request, response, parts.includes("logs"));
  let raw = "";
  for await (const piece of request) raw += piece;
  const answer = handle(request.method, parts, at.searchParams, raw ? JSON.parse(raw) : {});
  const isProblem = typeof answer.status === "number" && answer.body !== undefined;
  response.writeHead(isProblem ? answer.status : 200, { "content-type": isProblem ? answer.type : "application/json" });
  response.end(JSON.stringify(isProblem ? answer.body : answer));
}).listen(PORT, "127.0.0.1", () => process.stdout.write(`mock on http://127.0.0.1:${PORT}\n`));
