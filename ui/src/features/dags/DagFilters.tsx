import { useEffect, useRef, useState } from "react";
import type { DagCounts } from "../../api/types";
import { Icon } from "../../components/Icon";
import { useHotkeys } from "../../lib/hotkeys";
import type { Patch } from "../../lib/url";

interface Props {
  params: URLSearchParams;
  patch: (changes: Patch) => void;
  counts: DagCounts | undefined;
  tags: string[];
}

const QUICK: { label: string; key: keyof DagCounts; paused: string | null; state: string | null }[] = [
  { label: "All", key: "all", paused: null, state: null },
  { label: "Active", key: "active", paused: "false", state: null },
  { label: "Paused", key: "paused", paused: "true", state: null },
  { label: "Running", key: "running", paused: null, state: "running" },
  { label: "Failed", key: "failed", paused: null, state: "failed" },
];

const ORDERS: [string, string][] = [
  ["dag_id", "Name"],
  ["-dag_id", "Name, Z to A"],
  ["next_run_after", "Next run"],
  ["-last_parsed_at", "Latest change"],
];

export function DagFilters({ params, patch, counts, tags }: Props) {
  const paused = params.get("paused");
  const state = params.get("state");
  return (
    <div className="filters" role="search">
      <SearchBox value={params.get("search") ?? ""} onSearch={(search) => patch({ search })} />
      <div className="segments" role="group" aria-label="Which DAGs">
        {QUICK.map((quick) => (
          <button key={quick.key} type="button" aria-pressed={paused === quick.paused && state === quick.state} data-key={quick.key} onClick={() => patch({ paused: quick.paused, state: quick.state })}>
            {quick.label} {counts && <span className="count">{counts[quick.key]}</span>}
          </button>
        ))}
      </div>
      {tags.length > 0 && (
        <select aria-label="Tag" value={params.get("tag") ?? ""} onChange={(event) => patch({ tag: event.target.value })}>
          <option value="">All tags</option>
          {tags.map((tag) => <option key={tag}>{tag}</option>)}
        </select>
      )}
      <select aria-label="Sort by" value={params.get("order_by") ?? "dag_id"} onChange={(event) => patch({ order_by: event.target.value === "dag_id" ? null : event.target.value })}>
        {ORDERS.map(([value, label]) => <option key={value} value={value}>{label}</option>)}
      </select>
    </div>
  );
}

/** Types at once, tells the address a moment later: one request per pause in typing. */
function SearchBox({ value, onSearch }: { value: string; onSearch: (text: string) => void }) {
  const [text, setText] = useState(value);
  const input = useRef<HTMLInputElement>(null);
  const send = useRef(onSearch);
  send.current = onSearch;
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => send.current(text), 180);
    return () => clearTimeout(timer);
  }, [text, value]);
  useHotkeys({ "/": () => input.current?.focus() });
  return (
    <label className="search">
      <Icon name="search" size={16} />
      <input ref={input} type="search" aria-label="Search DAGs" placeholder="Search DAGs" value={text} onChange={(event) => setText(event.target.value)} />
      <kbd>/</kbd>
    </label>
  );
}
