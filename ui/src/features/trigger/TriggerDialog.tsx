import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ProblemError } from "../../api/client";
import { dagQuery, keys } from "../../api/queries";
import { triggerRun, type TriggerBody } from "../../api/verbs";
import { Dialog } from "../../components/Dialog";
import { Loading } from "../../components/Loading";
import { Problem } from "../../components/Problem";
import { Tabs } from "../../components/Tabs";
import { say } from "../../components/Toast";
import { BackfillForm } from "../backfill/BackfillForm";
import { TriggerForm } from "./TriggerForm";

interface Props {
  dagId: string;
  onClose: () => void;
  onTriggered: (runId: string) => void;
}

type What = "run" | "backfill";
const WHATS: { id: What; label: string }[] = [{ id: "run", label: "One run" }, { id: "backfill", label: "Backfill past intervals" }];

export function TriggerDialog({ dagId, onClose, onTriggered }: Props) {
  const client = useQueryClient();
  const dag = useQuery(dagQuery(dagId));
  const [what, setWhat] = useState<What>("run");
  const scheduled = dag.data !== undefined && dag.data.timetable_summary !== null && dag.data.timetable_summary !== "None";
  const trigger = useMutation({
    mutationFn: (body: TriggerBody) => triggerRun(dagId, body),
    meta: { ownProblem: true },
    onSuccess: (run) => {
      void client.invalidateQueries({ queryKey: keys.grids(dagId) });
      void client.invalidateQueries({ queryKey: keys.dagLists });
      say(`${dagId} triggered`);
      onTriggered(run.dag_run_id);
    },
  });
  return (
    <Dialog title={`Trigger ${dag.data?.display_name || dagId}`} onClose={onClose} wide>
      {dag.error && <Problem error={dag.error} retry={() => void dag.refetch()} />}
      {dag.isPending && <Loading />}
      {scheduled && <Tabs label="What to start" tabs={WHATS} current={what} onSelect={setWhat} />}
      {dag.data && what === "backfill" && <BackfillForm dag={dag.data} onClose={onClose} />}
      {dag.data && what === "run" && (
        <TriggerForm
          params={dag.data.params}
          isPaused={dag.data.is_paused}
          busy={trigger.isPending}
          problem={trigger.error}
          problemField={trigger.error instanceof ProblemError ? trigger.error.field : null}
          onSubmit={(body) => trigger.mutate(body)}
          onCancel={onClose}
        />
      )}
    </Dialog>
  );
}
