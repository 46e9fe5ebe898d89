import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { useNavigate } from "react-router";
import { dagsQuery, keys, type DagFilter } from "../api/queries";
import { pauseDag } from "../api/verbs";
import { Empty } from "../components/Empty";
import { Loading } from "../components/Loading";
import { Problem } from "../components/Problem";
import { DagFilters } from "../features/dags/DagFilters";
import { DagList, PAGE } from "../features/dags/DagList";
import { TriggerDialog } from "../features/trigger/TriggerDialog";
import { useTab } from "../lib/tab";
import { dagLink, useParamsPatch } from "../lib/url";

/** The list of DAGs; every filter is part of the address. */
export function DagsRoute() {
  useTab("DAGs");
  const client = useQueryClient();
  const navigate = useNavigate();
  const [params, patch] = useParamsPatch();
  const [triggered, setTriggered] = useState<string | null>(null);
  const filter = readFilter(params);
  const first = useQuery(dagsQuery({ ...filter, limit: PAGE, offset: 0 }));
  const pause = useMutation({
    mutationFn: ({ dag, paused }: { dag: string; paused: boolean }) => pauseDag(dag, paused),
    onSettled: () => client.invalidateQueries({ queryKey: keys.dagLists }),
  });
  const { mutate } = pause;
  const onPause = useCallback((dag: string, paused: boolean) => mutate({ dag, paused }), [mutate]);
  const page = first.data;
  return (
    <div className="page list-page">
      <header className="page-head"><h1>DAGs</h1></header>
      <DagFilters params={params} patch={patch} counts={page?.counts} tags={page?.tags ?? []} />
      {first.error && <Problem error={first.error} retry={() => void first.refetch()} />}
      {!page && !first.error && <Loading lines={10} />}
      {page && page.total === 0 && <NothingFound hasDags={page.counts.all > 0} onReset={() => void navigate("/dags")} />}
      {page && page.total > 0 && (
        <DagList filter={filter} first={page} busy={pause.isPending ? pause.variables : null} onPause={onPause} onTrigger={setTriggered} />
      )}
      {triggered && (
        <TriggerDialog dagId={triggered} onClose={() => setTriggered(null)} onTriggered={(run) => { setTriggered(null); void navigate(dagLink(triggered, { run })); }} />
      )}
    </div>
  );
}

function NothingFound({ hasDags, onReset }: { hasDags: boolean; onReset: () => void }) {
  if (!hasDags) return <Empty title="No DAGs yet">Put a Python file that defines a DAG into the DAGs folder; it appears here by itself.</Empty>;
  return (
    <Empty title="No DAG matches">
      <button type="button" className="button" onClick={onReset}>Show all DAGs</button>
    </Empty>
  );
}

function readFilter(params: URLSearchParams): DagFilter {
  const filter: DagFilter = { order_by: params.get("order_by") ?? "dag_id" };
  const paused = params.get("paused");
  if (paused !== null) filter.paused = paused === "true";
  for (const name of ["search", "tag", "state"] as const) {
    const value = params.get(name);
    if (value) filter[name] = value;
  }
  return filter;
}
