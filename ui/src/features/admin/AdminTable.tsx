import type { JsonObject } from "../../api/types";
import { Icon } from "../../components/Icon";
import { asText, type Noun } from "./nouns";

interface Props {
  noun: Noun;
  rows: JsonObject[];
  mayEdit: boolean;
  mayDelete: boolean;
  onEdit: (row: JsonObject) => void;
  onDelete: (row: JsonObject) => void;
}

export function AdminTable({ noun, rows, mayEdit, mayDelete, onEdit, onDelete }: Props) {
  const columns = noun.columns.filter((column) => column.listed);
  return (
    <div className="admin-table scroll-x">
      <table>
        <thead>
          <tr>
            {columns.map((column) => <th key={column.name} scope="col">{column.label}</th>)}
            {noun.id === "pools" && <th scope="col">In use</th>}
            <th scope="col"><span className="sr">Actions</span></th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const name = asText(row[noun.key]);
            return (
              <tr key={name}>
                {columns.map((column) => (
                  <td key={column.name} title={asText(row[column.name])}>
                    {column.name === noun.key ? <button type="button" className="admin-name" disabled={!mayEdit} onClick={() => onEdit(row)}>{name}</button> : <span className={column.kind === "lines" ? "mono" : undefined}>{asText(row[column.name])}</span>}
                  </td>
                ))}
                {noun.id === "pools" && <td><PoolUse row={row} /></td>}
                <td className="admin-acts">
                  {mayDelete && name !== "default_pool" && (
                    <button type="button" className="icon-button" aria-label={`Delete ${name}`} title="Delete" onClick={() => onDelete(row)}><Icon name="trash" size={16} /></button>
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function PoolUse({ row }: { row: JsonObject }) {
  const count = (name: string) => (typeof row[name] === "number" ? row[name] : 0);
  const running = count("running_slots");
  const queued = count("queued_slots");
  const slots = count("slots");
  const open = slots < 0 ? "no limit" : `${count("open_slots")} open`;
  const label = `${running} running, ${queued} queued, ${open}, ${count("scheduled_slots")} waiting`;
  return (
    <div className="pool-use" title={label}>
      <div className="statebar" role="img" aria-label={label}>
        <span style={{ flexGrow: running, background: "var(--st-running)" }} hidden={running === 0} />
        <span style={{ flexGrow: queued, background: "var(--st-queued)" }} hidden={queued === 0} />
        <span style={{ flexGrow: Math.max(0, slots - running - queued), background: "var(--line)" }} />
      </div>
      <small className="muted num">{running} running, {queued} queued, {open}{count("scheduled_slots") > 0 && `, ${count("scheduled_slots")} waiting`}</small>
    </div>
  );
}
