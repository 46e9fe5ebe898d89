import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState, type KeyboardEvent } from "react";
import { matchPath, useLocation, useNavigate } from "react-router";
import { dagsQuery } from "../../api/queries";
import { Dialog } from "../../components/Dialog";
import { Icon, type IconName } from "../../components/Icon";
import { StateDot } from "../../components/State";
import { fuzzyScore } from "../../lib/fuzzy";
import { setTheme } from "../../lib/theme";
import { dagLink } from "../../lib/url";

interface Command {
  id: string;
  label: string;
  note: string;
  icon: IconName;
  state?: string | null;
  run: () => void;
}

interface Props {
  onClose: () => void;
  onHelp: () => void;
  onLogOut: () => void;
}

export function Palette({ onClose, onHelp, onLogOut }: Props) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const commands = useCommands(useDeferredValue(text.trim()), onHelp, onLogOut);
  const chosen = Math.min(at, commands.length - 1);
  const run = (command: Command | undefined) => {
    if (!command) return;
    onClose();
    command.run();
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") setAt((chosen + 1) % Math.max(1, commands.length));
    else if (event.key === "ArrowUp") setAt((chosen - 1 + commands.length) % Math.max(1, commands.length));
    else if (event.key === "Enter") run(commands[chosen]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title="Search" onClose={onClose}>
      <div className="palette">
        <input autoFocus role="combobox" aria-expanded="true" aria-controls="palette-list" aria-activedescendant={`palette-${chosen}`} aria-label="Search DAGs and actions" placeholder="Search DAGs and actions" value={text} onChange={(event) => { setText(event.target.value); setAt(0); }} onKeyDown={onKey} />
        <ul id="palette-list" role="listbox">
          {commands.map((command, i) => (
            <li key={command.id} id={`palette-${i}`} role="option" aria-selected={i === chosen} ref={i === chosen ? showMe : null} onMouseMove={() => setAt(i)} onClick={() => run(command)}>
              {command.state === undefined ? <Icon name={command.icon} size={16} /> : <StateDot state={command.state} />}
              <span>{command.label}</span>
              <small className="muted">{command.note}</small>
            </li>
          ))}
          {commands.length === 0 && <li className="muted">Nothing is called “{text}”.</li>}
        </ul>
      </div>
    </Dialog>
  );
}

function showMe(element: HTMLElement | null): void {
  element?.scrollIntoView({ block: "nearest" });
}

function useCommands(query: string, onHelp: () => void, onLogOut: () => void): Command[] {
  const navigate = useNavigate();
  const location = useLocation();
  const match = matchPath("/dags/:dagId/*", location.pathname);
  const here = match?.params.dagId ?? null;
  const found = useQuery(dagsQuery({ search: query, limit: 12 }));
  const go = (target: string) => () => void navigate(target);

  const fixed: Command[] = [
    { id: "home", label: "Home", note: "Page", icon: "home", run: go("/") },
    { id: "dags", label: "DAGs", note: "Page", icon: "dags", run: go("/dags") },
    { id: "failed", label: "Failed DAGs", note: "Page", icon: "dags", run: go("/dags?state=failed") },
    { id: "errors", label: "Import errors", note: "Page", icon: "warn", run: go("/import-errors") },
    { id: "sla-misses", label: "SLA misses", note: "Browse", icon: "history", run: go("/browse/sla-misses") },
    { id: "callbacks", label: "Callbacks of DAGs", note: "Browse", icon: "history", run: go("/browse/callbacks") },
    { id: "variables", label: "Variables", note: "Admin", icon: "admin", run: go("/admin/variables") },
    { id: "connections", label: "Connections", note: "Admin", icon: "admin", run: go("/admin/connections") },
    { id: "pools", label: "Pools", note: "Admin", icon: "admin", run: go("/admin/pools") },
    { id: "xcoms", label: "XComs", note: "Admin", icon: "admin", run: go("/admin/xcoms") },
    { id: "light", label: "Light theme", note: "Action", icon: "sun", run: () => setTheme("light") },
    { id: "dark", label: "Dark theme", note: "Action", icon: "moon", run: () => setTheme("dark") },
    { id: "help", label: "Keyboard shortcuts", note: "Action", icon: "keyboard", run: onHelp },
    { id: "logout", label: "Log out", note: "Action", icon: "user", run: onLogOut },
  ];
  const local: Command[] = here
    ? [
        { id: "trigger", label: `Trigger ${here}`, note: "Action", icon: "play", run: go(dagLink(here, { dialog: "trigger" })) },
        ...(["grid", "graph", "runs", "code", "details"] as const).map((view): Command => ({ id: view, label: `${here}: ${view}`, note: "View", icon: "dags", run: go(dagLink(here, {}, view)) })),
      ]
    : [];
  const actions = [...local, ...fixed]
    .map((command) => ({ command, score: fuzzyScore(query, command.label) }))
    .filter((entry) => entry.score > 0)
    .sort((a, b) => b.score - a.score)
    .map((entry) => entry.command);
  const dags = (found.data?.dags ?? []).map((dag): Command => ({
    id: `dag ${dag.dag_id}`,
    label: dag.display_name || dag.dag_id,
    note: "DAG",
    icon: "dags",
    state: dag.recent_runs.at(-1)?.state ?? null,
    run: go(dagLink(dag.dag_id)),
  }));
  return query ? [...dags, ...actions] : [...local, ...dags.slice(0, 6), ...fixed];
}
