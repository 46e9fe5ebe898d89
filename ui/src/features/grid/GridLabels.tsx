import { memo } from "react";
import type { GridRow } from "../../api/types";
import { HEAD, ROW, type Span } from "./gridLayout";

interface Props {
  rows: GridRow[];
  shown: number[];
  span: Span;
  folded: ReadonlySet<string>;
  selected: string | null;
  onToggle: (group: string) => void;
  onSelect: (task: string) => void;
}

/** The names beside the cells; only those near the window exist in the page. */
export const GridLabels = memo(function GridLabels({ rows, shown, span, folded, selected, onToggle, onSelect }: Props) {
  return (
    <>
      {shown.slice(span.from, span.to).map((index, i) => {
        const row = rows[index];
        if (!row) return null;
        const isGroup = row.kind === "group";
        const open = isGroup && !folded.has(row.id);
        return (
          <div
            key={row.id}
            id={`grid-row-${index}`}
            role="row"
            aria-level={row.depth + 1}
            aria-expanded={isGroup ? open : undefined}
            aria-selected={row.id === selected}
            className={isGroup ? "grid-label group" : "grid-label"}
            style={{ top: HEAD + (span.from + i) * ROW, paddingLeft: 10 + row.depth * 14 }}
            title={row.operator ? `${row.id} (${row.operator})` : row.id}
            onClick={() => (isGroup ? onToggle(row.id) : onSelect(row.id))}
          >
            {isGroup && <span className={open ? "fold open" : "fold"} aria-hidden="true">›</span>}
            <span className="ellipsis" role="rowheader">{row.label}</span>
            {row.is_mapped && <span className="mapped-mark" title="mapped">[ ]</span>}
          </div>
        );
      })}
    </>
  );
});
