import { useQuery } from "@tanstack/react-query";
import { dagsQuery, healthQuery, importErrorsQuery } from "../api/queries";
import { Problem } from "../components/Problem";
import { Home } from "../features/home/Home";
import { useTab } from "../lib/tab";

export function HomeRoute() {
  const failed = useQuery(dagsQuery({ state: "failed", limit: 30 }));
  const running = useQuery(dagsQuery({ state: "running", limit: 30 }));
  const next = useQuery(dagsQuery({ paused: false, order_by: "next_run_after", limit: 12 }));
  const health = useQuery(healthQuery);
  const errors = useQuery(importErrorsQuery);
  useTab("Home", failed.data && failed.data.counts.failed > 0 ? "failed" : null);
  const problem = failed.error ?? running.error ?? next.error;
  if (problem) return <div className="page"><Problem error={problem} retry={() => void failed.refetch()} /></div>;
  return <Home failed={failed.data} running={running.data} next={next.data} health={health.data} importErrors={errors.data?.errors ?? []} />;
}
