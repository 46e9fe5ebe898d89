import { useVirtualizer } from "@tanstack/react-virtual";
import { useDeferredValue, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { Empty } from "../../components/Empty";
import { Icon, type IconName } from "../../components/Icon";
import { Loading } from "../../components/Loading";
import { Problem } from "../../components/Problem";
import { useHotkeys } from "../../lib/hotkeys";
import { errorStarts, findLines, nextAfter, splitHits, type LogLine } from "./logLines";
import { useLog, type LogSource } from "./useLog";

interface Props {
  source: LogSource;
  /** why there may be no log yet, e.g. that the task has not started */
  waiting: string | null;
  tools: ReactNode;
}

const LINE = 19;

export function LogView({ source, waiting, tools }: Props) {
  const log = useLog(source);
  const scroller = useRef<HTMLDivElement>(null);
  const search = useRef<HTMLInputElement>(null);
  const [wrap, setWrap] = useState(() => localStorage.getItem("tradewind.log.wrap") === "yes");
  const [follow, setFollow] = useState(true);
  const [find, setFind] = useState("");
  const [at, setAt] = useState(-1);
  const wanted = useDeferredValue(find);
  const hits = useMemo(() => findLines(log.lines, wanted), [log.lines, wanted]);
  const errors = useMemo(() => errorStarts(log.lines), [log.lines]);
  const rows = useVirtualizer({ count: log.lines.length, getScrollElement: () => scroller.current, estimateSize: () => LINE, overscan: 30, paddingStart: 8, paddingEnd: 12 });

  useEffect(() => {
    if (follow && log.lines.length > 0) rows.scrollToIndex(log.lines.length - 1, { align: "end" });
  }, [follow, log.lines.length, rows]);
  useEffect(() => rows.measure(), [wrap, rows]);

  const goTo = (line: number | null) => {
    if (line === null) return;
    setFollow(false);
    setAt(line);
    rows.scrollToIndex(line, { align: "center" });
  };
  const toggleWrap = () => {
    localStorage.setItem("tradewind.log.wrap", wrap ? "no" : "yes");
    setWrap(!wrap);
  };
  const save = () => download(`${source.taskId}-try-${source.tryNumber}.log`, log.lines);
  useHotkeys({ "/": () => search.current?.focus(), e: () => goTo(nextAfter(errors, at, 1)), f: () => setFollow(!follow), w: toggleWrap, d: save });

  const onScroll = () => {
    const box = scroller.current;
    // Whoever scrolls up wants to read; whoever comes back to the end wants to follow again.
    if (box) setFollow(box.scrollHeight - box.scrollTop - box.clientHeight < 24);
  };
  return (
    <div className="fill log">
      <div className="toolbar">
        {tools}
        <label className="search small">
          <Icon name="search" size={14} />
          <input ref={search} type="search" aria-label="Search in the log" placeholder="Search" value={find} onChange={(event) => { setFind(event.target.value); setAt(-1); }} onKeyDown={(event) => event.key === "Enter" && goTo(nextAfter(hits, at, event.shiftKey ? -1 : 1))} />
        </label>
        {wanted && <span className="muted num" role="status">{hits.length === 0 ? "no hit" : `${Math.max(0, hits.indexOf(at)) + (hits.includes(at) ? 1 : 0)} of ${hits.length}`}</span>}
        <span className="grow" />
        {errors.length > 0 && <button type="button" className="button small bad" title="Next error (e)" onClick={() => goTo(nextAfter(errors, at, 1))}>{errors.length === 1 ? "1 error" : `${errors.length} errors`}</button>}
        <Tool icon="wrap" label="Wrap lines (w)" on={wrap} onClick={toggleWrap} />
        <Tool icon="follow" label="Follow the end (f)" on={follow} onClick={() => setFollow(!follow)} />
        <Tool icon="download" label="Download (d)" onClick={save} />
      </div>
      {log.error && <Problem error={log.error} />}
      {!log.error && log.lines.length === 0 && (log.state === "loading" ? <Loading /> : <Empty title={log.state === "live" ? "Waiting for the first line" : "This try wrote no log"}>{waiting}</Empty>)}
      <div ref={scroller} className={wrap ? "log-lines wrap" : "log-lines"} role="log" aria-live="off" aria-label="Log" tabIndex={0} onScroll={onScroll}>
        <div style={{ height: rows.getTotalSize(), position: "relative" }}>
          {rows.getVirtualItems().map((item) => {
            const line = log.lines[item.index];
            return (
              line && (
                <div key={item.key} ref={wrap ? rows.measureElement : undefined} data-index={item.index} data-level={line.level} className={item.index === at ? "log-line at" : "log-line"} style={{ transform: `translateY(${item.start}px)` }}>
                  <span className="log-number">{item.index + 1}</span>
                  <span className="log-text">{wanted ? splitHits(line.text, wanted).map((part, i) => (part.hit ? <mark key={i}>{part.text}</mark> : part.text)) : line.text}</span>
                </div>
              )
            );
          })}
        </div>
      </div>
      <div className="log-foot muted" role="status">
        {log.lines.length.toLocaleString("en")} {log.lines.length === 1 ? "line" : "lines"}
        {log.state === "live" && <span className="live live-small"><i /> live</span>}
        {log.state === "lost" && <span> · reconnecting</span>}
      </div>
    </div>
  );
}

function Tool({ icon, label, on, onClick }: { icon: IconName; label: string; on?: boolean; onClick: () => void }) {
  return (
    <button type="button" className="icon-button" aria-label={label} title={label} aria-pressed={on} onClick={onClick}>
      <Icon name={icon} size={16} />
    </button>
  );
}

function download(name: string, lines: readonly LogLine[]): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([lines.map((line) => line.text).join("\n"), "\n"], { type: "text/plain" }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
