import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { whyQuery } from "../api/queries";
import type { WhyHolder, WhyReason } from "../api/types";
import { asState } from "../lib/states";
import { StateBadge } from "./State";

interface Asked {
  dagId: string;
  runId?: string;
  taskId?: string;
  map?: number;
}

const OF_HOUSE = new Set(["no_scheduler", "scheduler_stuck"]);

/** The reason that binds, in one line. Nothing while it is unknown, or when ``quiet`` says that it is not worth a line. */
export function WhyLine({ state, quiet, ...asked }: Asked & { state: string | null; quiet?: (reason: WhyReason) => boolean }) {
  const why = useQuery(whyQuery(asked.dagId, asked.runId, asked.taskId, asked.map));
  // What is wrong with the house as a whole stands above every page already.
  const reasons = (why.data?.reasons ?? []).filter((reason) => !OF_HOUSE.has(reason.code));
  const first = reasons[0];
  if (!first || quiet?.(first)) return null;
  const more = reasons.length - 1;
  return (
    <p className="why-line" data-state={state ?? "none"} role="status">
      {sentence(first)}
      {first.hint && <span className="why-hint">{first.hint}</span>}
      {more > 0 && <span className="muted"> and {more} more {more === 1 ? "reason" : "reasons"}</span>}
    </p>
  );
}

/** Every reason, with what to do about it and who holds what is waited for. */
export function WhyList(asked: Asked) {
  const why = useQuery(whyQuery(asked.dagId, asked.runId, asked.taskId, asked.map));
  if (!why.data) return null;
  return (
    <ol className="why-list">
      {why.data.reasons.map((reason) => (
        <li key={reason.code + reason.text}>
          <p>{sentence(reason)}</p>
          {reason.hint && <p className="why-hint">{reason.hint}</p>}
          {(reason.facts.holders?.length ?? 0) > 0 && <Holders holders={reason.facts.holders ?? []} total={reason.facts.total ?? 0} />}
        </li>
      ))}
    </ol>
  );
}

function Holders({ holders, total }: { holders: WhyHolder[]; total: number }) {
  return (
    <ul className="why-holders" aria-label="Held by">
      {holders.map((one) => (
        <li key={`${one.dag_id} ${one.run_id} ${one.task_id} ${one.map_index}`}>
          <StateBadge state={asState(one.state)} />
          <Link to={address(one)} title={one.run_id}>{one.dag_id}.{one.task_id}{one.map_index >= 0 && `[${one.map_index}]`}</Link>
        </li>
      ))}
      {total > holders.length && <li className="muted">and {total - holders.length} more</li>}
    </ul>
  );
}

function address(one: WhyHolder): string {
  const where = new URLSearchParams({ run: one.run_id, task: one.task_id, ...(one.map_index >= 0 ? { map: String(one.map_index) } : {}) });
  return `/dags/${encodeURIComponent(one.dag_id)}?${where.toString()}`;
}

/** With a capital letter, but for one that begins with the id of a task. */
function sentence({ text, facts }: WhyReason): string {
  return facts.task === undefined ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}
