import { useQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef, useState } from "react";
import { sourceQuery } from "../../api/queries";
import { Loading } from "../../components/Loading";
import { Problem } from "../../components/Problem";
import { highlight } from "./highlight";

/** The source as it was when the version was parsed; nobody needs the file on the web machine. */
export function CodeView({ dagId, newest }: { dagId: string; newest: number | null }) {
  const [version, setVersion] = useState<number | undefined>(undefined);
  const { data, error, refetch } = useQuery(sourceQuery(dagId, version));
  const lines = useMemo(() => highlight(data?.source ?? ""), [data?.source]);
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({ count: lines.length, getScrollElement: () => scroller.current, estimateSize: () => 20, overscan: 40, paddingStart: 8, paddingEnd: 16 });
  if (error) return <Problem error={error} retry={() => void refetch()} />;
  if (!data) return <Loading lines={12} />;
  return (
    <div className="fill code">
      <div className="toolbar">
        <code className="ellipsis muted">{data.fileloc}</code>
        <span className="grow" />
        {newest !== null && newest > 1 && (
          <select aria-label="Version" value={version ?? data.version} onChange={(event) => setVersion(Number(event.target.value))}>
            {Array.from({ length: newest }, (_, i) => newest - i).map((n) => <option key={n} value={n}>v{n}{n === newest ? " (newest)" : ""}</option>)}
          </select>
        )}
        <button type="button" className="button small" onClick={() => void navigator.clipboard?.writeText(data.source)}>Copy</button>
      </div>
      <div className="code-lines" ref={scroller} tabIndex={0} role="document" aria-label="Source code">
        <div style={{ height: rows.getTotalSize(), position: "relative" }}>
          {rows.getVirtualItems().map((item) => (
            <div key={item.key} className="code-line" style={{ transform: `translateY(${item.start}px)` }}>
              <span className="log-number">{item.index + 1}</span>
              <code>{lines[item.index]?.map((token, i) => (token.kind === "plain" ? token.text : <span key={i} className={`tok-${token.kind}`}>{token.text}</span>))}</code>
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}
