import { useQuery } from "@tanstack/react-query";
import { isObject } from "../../lib/json";
import { xcomsQuery } from "../../api/queries";
import type { Json, Xcom } from "../../api/types";
import { Empty } from "../../components/Empty";
import { JsonTree } from "../../components/JsonTree";
import { Loading } from "../../components/Loading";
import { Markdown } from "../../components/Markdown";
import { Problem } from "../../components/Problem";
import { stamp } from "../../lib/time";

export function XcomView(props: { dagId: string; runId: string; taskId: string; map: number }) {
  const { data, error, refetch } = useQuery(xcomsQuery(props.dagId, props.runId, props.taskId, props.map));
  if (error) return <Problem error={error} retry={() => void refetch()} />;
  if (!data) return <Loading lines={3} />;
  if (data.xcoms.length === 0) return <Empty title="No XCom">What the task returns, or pushes with <code>xcom_push</code>, appears here. Return an <code>Artifact</code> to show a table, an image or text.</Empty>;
  return (
    <>
      {data.xcoms.map((xcom) => <One key={xcom.key} xcom={xcom} />)}
    </>
  );
}

function One({ xcom }: { xcom: Xcom }) {
  return (
    <section className="xcom">
      <header><code>{xcom.key}</code>{xcom.at && <small className="muted">{stamp(xcom.at)}</small>}</header>
      <Value value={xcom.value} />
    </section>
  );
}

function Value({ value }: { value: Json }) {
  if (isObject(value)) {
    if (value.__artifact__ === "markdown" && typeof value.text === "string") return <Markdown source={value.text} />;
    if (value.__artifact__ === "image" && typeof value.data === "string") return <Picture type={value.media_type} data={value.data} />;
    if (value.__artifact__ === "table" && Array.isArray(value.rows)) return <Table columns={value.columns} rows={value.rows} />;
  }
  return <JsonTree value={value} />;
}

function Picture({ type, data }: { type: Json | undefined; data: string }) {
  const media = typeof type === "string" && /^image\/[\w.+-]+$/.test(type) ? type : "image/png";
  return <img className="artifact-image" src={`data:${media};base64,${data}`} alt="Artifact of the task" />;
}

const MOST_ROWS = 500;

function Table({ columns, rows }: { columns: Json | undefined; rows: Json[] }) {
  const names = Array.isArray(columns) ? columns : [];
  return (
    <div className="scroll-x">
      <table className="table">
        {names.length > 0 && <thead><tr>{names.map((name, i) => <th key={i}>{cell(name)}</th>)}</tr></thead>}
        <tbody>
          {rows.slice(0, MOST_ROWS).map((row, i) => (
            <tr key={i}>{(Array.isArray(row) ? row : [row]).map((value, j) => <td key={j} className={typeof value === "number" ? "num" : undefined}>{cell(value)}</td>)}</tr>
          ))}
        </tbody>
      </table>
      {rows.length > MOST_ROWS && <p className="muted">The first {MOST_ROWS} of {rows.length} rows.</p>}
    </div>
  );
}

function cell(value: Json): string {
  return value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
}
