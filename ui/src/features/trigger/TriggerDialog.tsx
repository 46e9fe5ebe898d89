import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ProblemError } from "../../api/client";
import { dagQuery, keys } from "../../api/queries";
import { triggerRun, type TriggerBody } from "../../api/verbs";
import { Dialog } from "../../components/Dialog";
import { Loading } from "../../components/Loading";
import { Problem } from "../../components/Problem";
import { say } from "../../components/Toast";
import { TriggerForm } from "./TriggerForm";

interface Props {
  dagId: string;
  onClose: () => void;
  onTriggered: (runId: string) => void;
}

export function TriggerDialog({ dagId, onClose, onTriggered }: Props) {
  const client = useQueryClient();
  const dag = useQuery(dagQuery(dagId));
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
      {dag.data && (
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
