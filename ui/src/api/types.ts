/** The JSON the pages receive: snake_case, ISO-8601 UTC times, `null` for "none". */

export type RunState = "queued" | "running" | "success" | "failed";

export type TaskState =
  | "none"
  | "scheduled"
  | "queued"
  | "running"
  | "success"
  | "failed"
  | "skipped"
  | "upstream_failed"
  | "up_for_retry"
  | "up_for_reschedule"
  | "deferred"
  | "removed";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export interface Me {
  username: string;
  roles: string[];
  /** "edit Variables" and the like */
  permissions?: string[];
}

export interface ProcessHealth {
  kind: string;
  status: string;
  beat_at: string | null;
  hostname?: string | null;
  pid?: number | null;
}

export interface Health {
  status: string;
  processes: ProcessHealth[];
  database: Json;
  /** What is wrong with the house as a whole, as sentences. */
  troubles?: { code: string; text: string; hint: string | null }[];
}

export interface RecentRun {
  run_id: string;
  state: RunState;
  run_type: string;
  run_after: string;
  started_at: string | null;
  ended_at: string | null;
  seconds: number | null;
}

export interface DagRow {
  dag_id: string;
  display_name: string | null;
  description: string | null;
  tags: string[];
  owners: string[];
  is_paused: boolean;
  is_active: boolean;
  has_import_errors: boolean;
  timetable_summary: string | null;
  timetable_description: string | null;
  next_run_after: string | null;
  next_interval_start?: string | null;
  next_interval_end?: string | null;
  fileloc: string;
  recent_runs: RecentRun[];
}

export interface DagCounts {
  all: number;
  active: number;
  paused: number;
  running: number;
  failed: number;
}

export interface DagPage {
  total: number;
  counts: DagCounts;
  tags: string[];
  dags: DagRow[];
}

export interface Param {
  value: Json;
  schema: JsonObject;
  description?: string | null;
}

export interface DagDetail extends DagRow {
  doc_md: string | null;
  params: Record<string, Param>;
  version: { number: number; hash: string; created_at: string } | null;
  start_date: string | null;
  end_date: string | null;
  catchup: boolean;
  max_active_runs: number;
  max_active_tasks: number;
  timezone: string;
  default_args_owner: string | null;
}

export interface Source {
  source: string;
  fileloc: string;
  version: number;
}

export interface GraphNode {
  id: string;
  kind: "task" | "group";
  label: string;
  parent: string | null;
  operator: string | null;
  trigger_rule: string | null;
  is_mapped: boolean;
  is_setup: boolean;
  is_teardown: boolean;
  ui_color: string | null;
  ui_fgcolor: string | null;
  doc_md?: string | null;
}

export interface GraphEdge {
  from: string;
  to: string;
  label: string | null;
}

export interface Structure {
  nodes: GraphNode[];
  edges: GraphEdge[];
}

export interface GridRow {
  id: string;
  label: string;
  kind: "task" | "group";
  parent: string | null;
  depth: number;
  operator: string | null;
  is_mapped: boolean;
}

export interface Run {
  run_id: string;
  state: RunState;
  run_type: string;
  logical_date: string | null;
  run_after: string;
  queued_at: string | null;
  started_at: string | null;
  ended_at: string | null;
  seconds: number | null;
  version: number | null;
  note: string | null;
}

export interface GridData {
  rows: GridRow[];
  runs: Run[];
  /** run id to one state letter per row */
  cells: Record<string, string>;
  mapped: Record<string, Record<string, Record<string, number>>>;
}

export interface JournalEntry {
  at: string;
  before: string | null;
  after: string | null;
  why: string | null;
  actor: string | null;
  task_id?: string | null;
  map_index?: number | null;
}

export interface RunDetail extends Run {
  conf: JsonObject | null;
  triggered_by: string | null;
  interval_start?: string | null;
  interval_end?: string | null;
  counts: Record<string, number>;
  journal: JournalEntry[];
}

export interface TaskRow {
  task_id: string;
  map_index: number;
  state: TaskState | null;
  try_number: number;
  max_tries: number;
  operator: string | null;
  pool: string | null;
  pool_slots?: number;
  priority?: number;
  queue: string | null;
  scheduled_at: string | null;
  queued_at: string | null;
  started_at: string | null;
  ended_at: string | null;
  seconds: number | null;
  map_label: string | null;
  note: string | null;
}

export interface Attempt {
  id: string;
  try_number: number;
  state: string;
  host: string | null;
  pid: number | null;
  queued_at: string | null;
  started_at: string | null;
  ended_at: string | null;
  error: string | null;
  log_path: string | null;
}

export interface MappedRow {
  map_index: number;
  state: TaskState | null;
  map_label: string | null;
}

export interface TaskDetail extends TaskRow {
  attempts: Attempt[];
  /** Runs exactly this instance in a terminal. */
  command?: string;
  rendered: JsonObject | null;
  journal: JournalEntry[];
  links?: { name: string; url: string }[];
  mapped?: MappedRow[] | null;
  spec: JsonObject | null;
}

/** One line of the list of all XComs; `value` is the start of its JSON text. */
export interface ListedXcom {
  dag_id: string;
  run_id: string;
  logical_date: string | null;
  task_id: string;
  map_index: number;
  key: string;
  at: string;
  value: string;
  length: number;
}

export interface Xcom {
  key: string;
  value: Json;
  at: string | null;
}

export interface LogPage {
  text: string;
  next_offset: number;
  ended: boolean;
}

export interface ImportErrorRow {
  fileloc: string;
  bundle: string | null;
  code: string | null;
  message: string;
  line: number | null;
  hint: string | null;
  stacktrace: string | null;
  at: string | null;
}

export interface ImportErrors {
  errors: ImportErrorRow[];
  warnings: ImportErrorRow[];
}

export interface ChangeEvent {
  journal_id: number;
  runs: { dag_id: string; run_id: string; state: RunState; started_at: string | null; ended_at: string | null }[];
  tasks: [dag_id: string, run_id: string, task_id: string, map_index: number, state: TaskState | null][];
}

/** One task instance a verb would touch, as the public API lists it. */
export interface TouchedTask {
  task_id: string;
  dag_run_id?: string;
  run_id?: string;
  map_index?: number;
  state?: TaskState | null;
}

/** Why something does not run: the sentence that binds, and every reason behind it. */
export interface Why {
  state: string | null;
  why: string;
  reasons: WhyReason[];
}

export interface WhyReason {
  code: string;
  text: string;
  hint: string | null;
  until: string | null;
  facts: { holders?: WhyHolder[]; total?: number; task?: string };
}

export interface WhyHolder {
  dag_id: string;
  run_id: string;
  task_id: string;
  map_index: number;
  state: string;
  since: string | null;
}
