import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Navigate, useNavigate, useParams } from "react-router";
import { request } from "../api/client";
import { keys, meQuery } from "../api/queries";
import type { JsonObject } from "../api/types";
import { Dialog } from "../components/Dialog";
import { Empty } from "../components/Empty";
import { Icon } from "../components/Icon";
import { Loading } from "../components/Loading";
import { Problem } from "../components/Problem";
import { Tabs } from "../components/Tabs";
import { say } from "../components/Toast";
import { AdminTable } from "../features/admin/AdminTable";
import { XcomList } from "../features/admin/XcomList";
import { EditDialog } from "../features/admin/EditDialog";
import { ConnectionDialog } from "../features/connections/ConnectionDialog";
import { NOUNS, type Noun } from "../features/admin/nouns";
import { useTab } from "../lib/tab";

const TABS = [...NOUNS.map(({ id, title }) => ({ id: id as string, label: title })), { id: "xcoms", label: "XComs" }];

/** Variables, connections and pools: one page made from their descriptions. XComs have a list of their own. */
export function AdminRoute() {
  const { noun: named } = useParams();
  const navigate = useNavigate();
  const noun = NOUNS.find((candidate) => candidate.id === named);
  const isXcoms = named === "xcoms";
  useTab(isXcoms ? "XComs" : (noun?.title ?? "Admin"));
  if (!noun && !isXcoms) return <Navigate to="/admin/variables" replace />;
  return (
    <div className="page">
      <header className="page-head"><h1>Admin</h1></header>
      <Tabs label="Admin" tabs={TABS} current={noun?.id ?? "xcoms"} onSelect={(id) => void navigate(`/admin/${id}`)} />
      {noun ? <NounPage key={noun.id} noun={noun} /> : <XcomList />}
    </div>
  );
}

const MOST = 1000;

function NounPage({ noun }: { noun: Noun }) {
  const client = useQueryClient();
  const me = useQuery(meQuery);
  const [editing, setEditing] = useState<JsonObject | "new" | null>(null);
  const [deleting, setDeleting] = useState<JsonObject | null>(null);
  const [find, setFind] = useState("");
  const list = useQuery({
    queryKey: keys.admin(noun.id),
    queryFn: ({ signal }) => request<Record<string, JsonObject[]>>(`/api/v1/${noun.id}`, { query: { limit: MOST }, signal }),
    staleTime: 0,
  });
  const remove = useMutation({
    mutationFn: (name: string) => request<void>(`/api/v1/${noun.id}/${encodeURIComponent(name)}`, { method: "DELETE" }),
    onSuccess: (_nothing, name) => {
      say(`${name} deleted`);
      setDeleting(null);
      void list.refetch();
    },
  });
  const may = (verb: string) => me.data?.permissions?.includes(`${verb} ${noun.thing}`) ?? true;
  const saved = () => {
    setEditing(null);
    void client.invalidateQueries({ queryKey: keys.admin(noun.id) });
  };
  const rows = list.data?.[noun.id] ?? [];
  const shown = rows.filter((row) => String(row[noun.key]).toLowerCase().includes(find.toLowerCase()));
  return (
    <>
      <div className="toolbar admin-tools">
        <label className="search"><Icon name="search" size={16} /><input type="search" aria-label={`Search ${noun.id}`} placeholder={`Search ${noun.id}`} value={find} onChange={(event) => setFind(event.target.value)} /></label>
        <span className="grow" />
        {may("create") && <button type="button" className="button primary" onClick={() => setEditing("new")}><Icon name="plus" size={15} /> New {noun.one}</button>}
      </div>
      {list.error && <Problem error={list.error} retry={() => void list.refetch()} />}
      {list.isPending && <Loading />}
      {list.data && shown.length === 0 && <Empty title={rows.length === 0 ? `No ${noun.id} yet` : "Nothing matches"}>{noun.empty}</Empty>}
      {shown.length > 0 && <AdminTable noun={noun} rows={shown} mayEdit={may("edit")} mayDelete={may("delete")} onEdit={setEditing} onDelete={setDeleting} />}
      {editing && noun.id === "connections" && <ConnectionDialog row={editing === "new" ? null : editing} onClose={() => setEditing(null)} onSaved={saved} />}
      {editing && noun.id !== "connections" && <EditDialog noun={noun} row={editing === "new" ? null : editing} onClose={() => setEditing(null)} onSaved={saved} />}
      {deleting && <DeleteDialog name={String(deleting[noun.key])} one={noun.one} busy={remove.isPending} onClose={() => setDeleting(null)} onDelete={(name) => remove.mutate(name)} />}
    </>
  );
}

function DeleteDialog({ name, one, busy, onClose, onDelete }: { name: string; one: string; busy: boolean; onClose: () => void; onDelete: (name: string) => void }) {
  return (
    <Dialog
      title={`Delete ${name}`}
      onClose={onClose}
      footer={
        <>
          <button type="button" className="button" onClick={onClose}>Cancel</button>
          <button type="button" className="button danger" disabled={busy} onClick={() => onDelete(name)}>Delete</button>
        </>
      }
    >
      <p>Tasks that ask for this {one} afterwards fail. It cannot be brought back.</p>
    </Dialog>
  );
}
