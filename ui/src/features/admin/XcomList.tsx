import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { path, request } from "../../api/client";
import { XCOM_PAGE, allXcomsQuery, meQuery } from "../../api/queries";
import type { ListedXcom } from "../../api/types";
import { Dialog } from "../../components/Dialog";
import { Empty } from "../../components/Empty";
import { Icon } from "../../components/Icon";
import { Loading } from "../../components/Loading";
import { Problem } from "../../components/Problem";
import { say } from "../../components/Toast";
import { stamp } from "../../lib/time";
import { dagLink } from "../../lib/url";

const FILTERS = [["key", "Key"], ["dag", "DAG"], ["task", "Task"], ["run", "Run"]] as const;

/** Every value that tasks handed over, with a filter per column. */
export function XcomList() {
  const [filter, setFilter] = useState({ key: "", dag: "", task: "", run: "", offset: 0 });
  const [deleting, setDeleting] = useState<ListedXcom | null>(null);
  const me = useQuery(meQuery);
  const list = useQuery(allXcomsQuery(filter));
  const remove = useMutation({
    mutationFn: (x: ListedXcom) => request<void>(path`/api/v1/dags/${x.dag_id}/dagRuns/${x.run_id}/taskInstances/${x.task_id}/xcomEntries/${x.key}`, { method: "DELETE", query: { map_index: x.map_index } }),
    onSuccess: (_nothing, x) => {
      say(`${x.key} deleted`);
      setDeleting(null);
      void list.refetch();
    },
  });
  const mayDelete = me.data?.permissions?.includes("delete XComs") ?? false;
  const total = list.data?.total ?? 0;
  return (
    <>
      <div className="toolbar admin-tools">
        {FILTERS.map(([name, label]) => (
          <label key={name} className="search narrow"><Icon name="search" size={16} /><input type="search" aria-label={`${label} contains`} placeholder={label} value={filter[name]} onChange={(event) => setFilter({ ...filter, [name]: event.target.value, offset: 0 })} /></label>
        ))}
      </div>
      {list.error && <Problem error={list.error} retry={() => void list.refetch()} />}
      {list.isPending && <Loading />}
      {list.data && total === 0 && <Empty title={FILTERS.some(([name]) => filter[name]) ? "Nothing matches" : "No XComs yet"}>What a task returns, or pushes with <code>xcom_push</code>, appears here.</Empty>}
      {total > 0 && (
        <div className="admin-table scroll-x">
          <table>
            <thead><tr>{["Key", "Value", "Timestamp", "Logical date", "Task", "DAG"].map((name) => <th key={name} scope="col">{name}</th>)}<th scope="col"><span className="sr">Actions</span></th></tr></thead>
            <tbody>{list.data?.xcoms.map((x) => <Row key={`${x.dag_id} ${x.run_id} ${x.task_id} ${x.map_index} ${x.key}`} x={x} onDelete={mayDelete ? setDeleting : null} />)}</tbody>
          </table>
        </div>
      )}
      {total > XCOM_PAGE && (
        <nav className="pages" aria-label="Pages">
          <button type="button" className="button" disabled={filter.offset === 0} onClick={() => setFilter({ ...filter, offset: Math.max(0, filter.offset - XCOM_PAGE) })}>Newer</button>
          <span className="muted num">{filter.offset + 1}–{Math.min(total, filter.offset + XCOM_PAGE)} of {total}</span>
          <button type="button" className="button" disabled={filter.offset + XCOM_PAGE >= total} onClick={() => setFilter({ ...filter, offset: filter.offset + XCOM_PAGE })}>Older</button>
        </nav>
      )}
      {deleting && (
        <Dialog
          title={`Delete ${deleting.key}`}
          onClose={() => setDeleting(null)}
          footer={
            <>
              <button type="button" className="button" onClick={() => setDeleting(null)}>Cancel</button>
              <button type="button" className="button danger" disabled={remove.isPending} onClick={() => remove.mutate(deleting)}>Delete</button>
            </>
          }
        >
          <p>Tasks that ask for this value of <code>{deleting.task_id}</code> in run <code>{deleting.run_id}</code> afterwards get None. It cannot be brought back.</p>
        </Dialog>
      )}
    </>
  );
}

function Row({ x, onDelete }: { x: ListedXcom; onDelete: ((x: ListedXcom) => void) | null }) {
  const task = x.map_index >= 0 ? `${x.task_id} [${x.map_index}]` : x.task_id;
  const to = dagLink(x.dag_id, { run: x.run_id, task: x.task_id, map: x.map_index >= 0 ? String(x.map_index) : null, tab: "xcom" });
  return (
    <tr>
      <td><code>{x.key}</code></td>
      <td className="xcom-value"><code title={x.value}>{x.value}{x.length > x.value.length && "…"}</code></td>
      <td className="num">{stamp(x.at)}</td>
      <td className="num" title={x.run_id}>{x.logical_date ? stamp(x.logical_date) : x.run_id}</td>
      <td><Link to={to}>{task}</Link></td>
      <td>{x.dag_id}</td>
      <td className="admin-acts">{onDelete && <button type="button" className="icon-button" aria-label={`Delete ${x.key} of ${task}`} title="Delete" onClick={() => onDelete(x)}><Icon name="trash" size={16} /></button>}</td>
    </tr>
  );
}
