import { useQuery } from "@tanstack/react-query";
import { importErrorsQuery } from "../api/queries";
import type { ImportErrorRow } from "../api/types";
import { Empty } from "../components/Empty";
import { Loading } from "../components/Loading";
import { Problem } from "../components/Problem";
import { useNow } from "../lib/clock";
import { useTab } from "../lib/tab";
import { relative } from "../lib/time";

export function ImportErrorsRoute() {
  const { data, error, refetch } = useQuery(importErrorsQuery);
  useTab("Import errors", data && data.errors.length > 0 ? "failed" : null);
  return (
    <div className="page">
      <header className="page-head"><h1>Import errors</h1></header>
      {error && <Problem error={error} retry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {data && data.errors.length === 0 && data.warnings.length === 0 && <Empty title="Every DAG file imports cleanly">A file that cannot be imported shows up here with its line and what to do; its last good DAGs keep running.</Empty>}
      {data?.errors.map((row) => <ImportError key={`${row.bundle} ${row.fileloc}`} row={row} kind="error" />)}
      {data && data.warnings.length > 0 && <h2>Warnings</h2>}
      {data?.warnings.map((row, i) => <ImportError key={i} row={row} kind="warning" />)}
    </div>
  );
}

function ImportError({ row, kind }: { row: ImportErrorRow; kind: "error" | "warning" }) {
  const now = useNow(30_000);
  return (
    <article className={`import-error ${kind}`}>
      <header>
        <code className="grow">{row.fileloc}{row.line !== null && <b>:{row.line}</b>}</code>
        {row.at && <span className="muted">{relative(row.at, now)}</span>}
      </header>
      <p>{row.message}</p>
      {row.hint && <p className="hint">{row.hint}</p>}
      {row.stacktrace && (
        <details>
          <summary>Traceback</summary>
          <pre>{row.stacktrace}</pre>
        </details>
      )}
    </article>
  );
}
