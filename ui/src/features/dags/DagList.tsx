import { useQueries } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef } from "react";
import { dagsQuery, type DagFilter } from "../../api/queries";
import type { DagPage, DagRow } from "../../api/types";
import { useNow } from "../../lib/clock";
import { useIsNarrow } from "../../lib/narrow";
import { DagListRow } from "./DagListRow";

/** How many DAGs one request brings; pages are fetched as they scroll into view. */
export const PAGE = 100;

interface Props {
  filter: DagFilter;
  first: DagPage;
  busy: { dag: string; paused: boolean } | null;
  onPause: (dag: string, paused: boolean) => void;
  onTrigger: (dag: string) => void;
}

export function DagList({ filter, first, busy, onPause, onTrigger }: Props) {
  const now = useNow(5_000);
  const narrow = useIsNarrow();
  const scroller = useRef<HTMLDivElement>(null);
  const size = narrow ? 92 : 58;
  const rows = useVirtualizer({ count: first.total, getScrollElement: () => scroller.current, estimateSize: () => size, overscan: 8 });
  const items = rows.getVirtualItems();
  const pages = new Set(items.map((item) => Math.floor(item.index / PAGE)).filter((page) => page > 0));
  const wanted = [...pages];
  const fetched = useQueries({
    queries: wanted.map((page) => ({ ...dagsQuery({ ...filter, limit: PAGE, offset: page * PAGE }), placeholderData: undefined })),
  });
  const rowAt = (index: number): DagRow | undefined => {
    const page = Math.floor(index / PAGE);
    const dags = page === 0 ? first.dags : fetched[wanted.indexOf(page)]?.data?.dags;
    return dags?.[index % PAGE];
  };
  return (
    <div className="dag-table" role="table" aria-label="DAGs" aria-rowcount={first.total}>
      <div className="dag-row dag-head" role="row">
        <span role="columnheader">On</span>
        <span role="columnheader">DAG</span>
        <span role="columnheader">Schedule</span>
        <span role="columnheader">Next run</span>
        <span role="columnheader">Recent runs</span>
        <span role="columnheader">Last run</span>
        <span role="columnheader" className="sr">Actions</span>
      </div>
      <div className="dag-rows" ref={scroller} role="rowgroup" tabIndex={0} aria-label="DAG rows">
        <div style={{ height: rows.getTotalSize(), position: "relative" }}>
          {items.map((item) => (
            <div key={item.key} style={{ position: "absolute", insetInline: 0, height: item.size, transform: `translateY(${item.start}px)` }}>
              <DagListRow dag={rowAt(item.index)} now={now} busy={busy !== null && busy.dag === rowAt(item.index)?.dag_id ? busy.paused : null} onPause={onPause} onTrigger={onTrigger} />
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}
