// Pretended DAGs, runs and tasks for working on the page without a server.
const LETTERS = { none: "n", scheduled: "c", queued: "q", running: "r", success: "s", failed: "f", skipped: "k", upstream_failed: "u", up_for_retry: "t", up_for_reschedule: "e", deferred: "d", removed: "x" };
const URGENCY = "futrqcdenksx";
let seed = 7;
export function random() {
  seed = (seed * 1103515245 + 12345) & 0x7fffffff;
  return seed / 0x7fffffff;
}
const pick = (list) => list[Math.floor(random() * list.length)];
const iso = (ms) => new Date(ms).toISOString();
const DAY = 86_400_000;
export const NOW = Date.now();

const NAMES = ["sales_daily", "customer_360", "fx_rates", "warehouse_load", "ml_features", "churn_model", "invoices", "web_events", "inventory_sync", "ad_spend", "gdpr_export", "sensor_ingest"];

export function makeRuns(count, hasRunning) {
  return Array.from({ length: count }, (_, i) => {
    const after = NOW - (count - i) * DAY * 0.5;
    const last = i === count - 1;
    const state = last && hasRunning ? "running" : random() < 0.12 ? "failed" : "success";
    const seconds = 20 + random() * 200 + (random() < 0.06 ? 400 : 0);
    const started = state === "running" ? NOW - 42_000 : after + 300;
    const type = random() < 0.12 ? "manual" : "scheduled";
    return {
      run_id: `${type}__${iso(after).slice(0, 19)}+00:00`, state, run_type: type, logical_date: iso(after), run_after: iso(after), queued_at: iso(started - 300),
      started_at: iso(started), ended_at: state === "running" ? null : iso(started + seconds * 1000), seconds: state === "running" ? null : seconds, version: 1 + Math.floor(i / 20), note: random() < 0.05 ? "re-run after the late delivery" : null,
    };
  });
}

export function makeDag(i, only) {
  const name = i < NAMES.length ? NAMES[i] : `${NAMES[i % NAMES.length]}_${i}`;
  const runs = i % 17 === 5 ? [] : makeRuns(14, i % 5 === 0);
  if (runs.length && i % 7 === 2) runs.at(-1).state = "failed";
  return {
    dag_id: only ? "sales_daily" : name, display_name: null, description: "Loads what happened since the last run", tags: i % 3 ? [pick(["finance", "core", "ml", "ops"])] : [], owners: ["data"], is_paused: i % 6 === 4, is_active: true, has_import_errors: i === 9,
    timetable_summary: pick(["@daily", "0 */4 * * *", "*/15 * * * *", "@hourly", "None"]), timetable_description: "At 00:00", next_run_after: iso(NOW + (i % 40) * 400_000 + 30_000), fileloc: `dags/${name}.py`, recent_runs: runs,
  };
}

function task(id, parent, depth, operator, extra = {}) {
  return { id, label: id.split(".").at(-1), kind: "task", parent, depth, operator, is_mapped: false, ...extra };
}

export function smallRows() {
  const group = (id, parent, depth) => ({ id, label: id.split(".").at(-1), kind: "group", parent, depth, operator: null, is_mapped: false });
  return [
    task("wait_for_file", null, 0, "FileSensor"), group("extract", null, 0), task("extract.orders", "extract", 1, "PythonOperator"), task("extract.customers", "extract", 1, "PythonOperator"), task("extract.refunds", "extract", 1, "BashOperator"),
    task("choose", null, 0, "BranchPythonOperator"), group("transform", null, 0), group("transform.clean", "transform", 1), task("transform.clean.dedupe", "transform.clean", 2, "PythonOperator"), task("transform.clean.types", "transform.clean", 2, "PythonOperator"),
    task("transform.join", "transform", 1, "SQLExecuteQueryOperator"), task("per_country", null, 0, "PythonOperator", { is_mapped: true }), task("skip_path", null, 0, "EmptyOperator"), task("report", null, 0, "EmailOperator"), task("cleanup", null, 0, "BashOperator", { is_teardown: true }),
  ];
}
export const SMALL_EDGES = [["wait_for_file", "extract.orders"], ["wait_for_file", "extract.customers"], ["wait_for_file", "extract.refunds"], ["extract.orders", "choose"], ["extract.customers", "choose"], ["extract.refunds", "choose"], ["choose", "transform.clean.dedupe", "has rows"], ["choose", "skip_path", "empty"], ["transform.clean.dedupe", "transform.clean.types"], ["transform.clean.types", "transform.join"], ["transform.join", "per_country"], ["per_country", "report"], ["skip_path", "report"], ["report", "cleanup"]];

export function bigRows(tasks = 5000, perGroup = 100) {
  const rows = [];
  for (let g = 0; g < tasks / perGroup; g++) {
    const id = `group_${String(g).padStart(2, "0")}`;
    rows.push({ id, label: id, kind: "group", parent: null, depth: 0, operator: null, is_mapped: false });
    for (let t = 0; t < perGroup; t++) rows.push(task(`${id}.task_${String(t).padStart(3, "0")}`, id, 1, "PythonOperator"));
  }
  return rows;
}
export function bigEdges(rows) {
  const edges = [];
  const tasks = rows.filter((row) => row.kind === "task");
  tasks.forEach((row, i) => {
    if (i % 100 && i % 10) edges.push([tasks[i - 1].id, row.id]);
    if (i >= 100 && i % 25 === 0) edges.push([tasks[i - 100].id, row.id]);
  });
  return edges;
}

export function cellsFor(rows, run, live) {
  const letters = rows.map((row, i) => {
    if (row.kind === "group") return "n";
    const share = i / rows.length;
    if (run.state === "running") return share < live ? "s" : share < live + 0.12 ? (random() < 0.6 ? "r" : "q") : share < live + 0.3 ? "c" : "n";
    if (run.state === "failed") return share < 0.6 ? (random() < 0.05 ? "t" : "s") : share < 0.68 ? "f" : "u";
    return random() < 0.03 ? "k" : "s";
  });
  return fold(rows, letters);
}

export function fold(rows, letters) {
  const best = new Map();
  for (let i = rows.length - 1; i >= 0; i--) {
    const row = rows[i];
    if (row.kind === "group") letters[i] = URGENCY[best.get(row.id) ?? 9] ?? "n";
    if (row.parent) best.set(row.parent, Math.min(best.get(row.parent) ?? 99, URGENCY.indexOf(letters[i])));
  }
  return letters.join("");
}

export const stateOf = (letter) => Object.keys(LETTERS).find((state) => LETTERS[state] === letter) ?? null;
export const letterOf = (state) => LETTERS[state ?? "none"];

export function taskRows(rows, run, cells) {
  const start = Date.parse(run.started_at);
  return rows.flatMap((row, i) => {
    if (row.kind === "group") return [];
    const state = stateOf(cells[i]);
    const began = !["none", "scheduled", "upstream_failed", "skipped"].includes(state);
    const at = start + (i / rows.length) * 40_000;
    const ran = 2_000 + random() * 16_000;
    const done = ["success", "failed"].includes(state);
    return [{ task_id: row.id, map_index: -1, state: state === "none" ? null : state, try_number: state === "failed" ? 2 : began ? 1 : 0, max_tries: 2, operator: row.operator, pool: "default_pool", queue: "default", scheduled_at: began ? iso(at) : null, queued_at: began ? iso(at + 1500 * random()) : null, started_at: began && state !== "queued" ? iso(at + 1700) : null, ended_at: done ? iso(at + 1700 + ran) : null, seconds: done ? ran / 1000 : null, map_label: null, note: null }];
  });
}

export function logText(lines) {
  const out = [];
  for (let i = 0; i < lines; i++) {
    const at = iso(NOW - 60_000 + i * 10).replace("T", " ").replace(".", ",").slice(0, 23);
    const level = i % 97 === 96 ? "ERROR" : i % 31 === 30 ? "WARNING" : i % 11 === 3 ? "DEBUG" : "INFO";
    out.push(`[${at}] {load.py:${20 + (i % 80)}} ${level} - ${level === "ERROR" ? "row 4711 was refused: amount is negative" : `loaded part ${i} of orders, ${1000 + i} rows in 0.0${i % 9} s`}`);
    if (level === "ERROR") out.push("Traceback (most recent call last):", '  File "dags/load.py", line 61, in load', "    check(row)", "ValueError: amount is negative");
  }
  return `${out.join("\n")}\n`;
}
