import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Navigate, Outlet, useLocation, useNavigate } from "react-router";
import { startLive } from "../api/live";
import { importErrorsQuery, keys, meQuery } from "../api/queries";
import { logOut } from "../api/verbs";
import { ProblemError } from "../api/client";
import { Loading } from "../components/Loading";
import { Problem } from "../components/Problem";
import { Help } from "../features/shell/Help";
import { Palette } from "../features/shell/Palette";
import { Rail } from "../features/shell/Rail";
import { Troubles } from "../features/shell/Troubles";
import { useHotkeys } from "../lib/hotkeys";

/** Everything behind the log-in: rail, palette, help, and the one live stream. */
export function ShellRoute() {
  const client = useQueryClient();
  const location = useLocation();
  const navigate = useNavigate();
  const me = useQuery(meQuery);
  const loggedIn = Boolean(me.data);
  const importErrors = useQuery({ ...importErrorsQuery, enabled: loggedIn });
  const [overlay, setOverlay] = useState<"palette" | "help" | null>(null);

  useEffect(() => (loggedIn ? startLive(client) : undefined), [client, loggedIn]);
  useHotkeys({
    "mod+k": () => setOverlay((now) => (now === "palette" ? null : "palette")),
    "?": () => setOverlay("help"),
    "1": () => void navigate("/"),
    "2": () => void navigate("/dags"),
    "3": () => void navigate("/import-errors"),
    "4": () => void navigate("/admin"),
  });

  const leave = async () => {
    await logOut();
    client.clear();
    client.setQueryData(keys.me, null);
  };

  const refused = me.data === null || (me.error instanceof ProblemError && me.error.status === 401);
  if (refused) {
    const next = location.pathname + location.search;
    return <Navigate to={next === "/" ? "/login" : `/login?next=${encodeURIComponent(next)}`} replace />;
  }
  if (me.error) return <div className="page"><Problem error={me.error} retry={() => void me.refetch()} /></div>;
  if (!me.data) return <div className="page"><Loading /></div>;
  return (
    <div className="shell">
      <a className="skip" href={`${location.pathname}${location.search}#main`} onClick={(event) => { event.preventDefault(); document.getElementById("main")?.focus(); }}>
        Skip to content
      </a>
      <Rail me={me.data} importErrors={importErrors.data?.errors.length ?? 0} onSearch={() => setOverlay("palette")} onHelp={() => setOverlay("help")} onLogOut={() => void leave()} />
      <main id="main" tabIndex={-1}>
        <Troubles />
        <Outlet />
      </main>
      {overlay === "palette" && <Palette onClose={() => setOverlay(null)} onHelp={() => setOverlay("help")} onLogOut={() => void leave()} />}
      {overlay === "help" && <Help onClose={() => setOverlay(null)} />}
    </div>
  );
}
