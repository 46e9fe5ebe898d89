import { NavLink } from "react-router";
import { useLive } from "../../api/live";
import type { Me } from "../../api/types";
import { Icon, type IconName } from "../../components/Icon";
import { Logo } from "../../components/Logo";
import { Menu } from "../../components/Menu";
import { setTheme, useThemeChoice, type ThemeChoice } from "../../lib/theme";

interface Props {
  me: Me;
  importErrors: number;
  onSearch: () => void;
  onHelp: () => void;
  onLogOut: () => void;
}

export function Rail({ me, importErrors, onSearch, onHelp, onLogOut }: Props) {
  return (
    <nav className="rail" aria-label="Main">
      <NavLink to="/" className="brand" aria-label="Tradewind, home">
        <Logo /> <span>Tradewind</span>
      </NavLink>
      <button type="button" className="rail-search" onClick={onSearch} aria-label="Search (Ctrl K)">
        <Icon name="search" size={16} /> <span>Search</span> <kbd>⌘K</kbd>
      </button>
      <div className="rail-links">
        <RailLink to="/" icon="home" label="Home" end />
        <RailLink to="/dags" icon="dags" label="DAGs" />
        <RailLink to="/import-errors" icon="warn" label="Import errors" alert={importErrors} />
        <RailLink to="/browse" icon="history" label="Browse" />
        <RailLink to="/admin" icon="admin" label="Admin" />
      </div>
      <div className="rail-foot">
        <LiveDot />
        <div className="rail-tools">
          <ThemeMenu />
          <button type="button" className="icon-button" onClick={onHelp} aria-label="Keyboard shortcuts" title="Keyboard shortcuts (?)">
            <Icon name="keyboard" />
          </button>
          <Menu label={`Signed in as ${me.username}`} className="icon-button" trigger={<Icon name="user" />}>
            {() => (
              <>
                <div className="menu-note">
                  <strong>{me.username}</strong>
                  <span className="muted">{me.roles.join(", ")}</span>
                </div>
                <button type="button" role="menuitem" onClick={onLogOut}>Log out</button>
              </>
            )}
          </Menu>
        </div>
      </div>
    </nav>
  );
}

function RailLink({ to, icon, label, end = false, alert = 0 }: { to: string; icon: IconName; label: string; end?: boolean; alert?: number }) {
  return (
    <NavLink to={to} end={end} className="rail-link" title={label}>
      <Icon name={icon} /> <span>{label}</span>
      {alert > 0 && <b className="alert-count" aria-label={`${alert} errors`}>{alert}</b>}
    </NavLink>
  );
}

const LIVE_WORDS = { live: "Live", connecting: "Connecting", lost: "Reconnecting" } as const;

function LiveDot() {
  const live = useLive();
  return (
    <span className={`live ${live}`} role="status" title={live === "live" ? "Changes appear as they happen" : "Changes will be fetched when the connection is back"}>
      <i aria-hidden="true" /> <span>{LIVE_WORDS[live]}</span>
    </span>
  );
}

const THEMES: { id: ThemeChoice; label: string; icon: IconName }[] = [
  { id: "system", label: "As the system", icon: "system" },
  { id: "light", label: "Light", icon: "sun" },
  { id: "dark", label: "Dark", icon: "moon" },
];

function ThemeMenu() {
  const choice = useThemeChoice();
  const icon = THEMES.find((theme) => theme.id === choice)?.icon ?? "system";
  return (
    <Menu label="Theme" className="icon-button" trigger={<Icon name={icon} />}>
      {(close) =>
        THEMES.map((theme) => (
          <button key={theme.id} type="button" role="menuitemradio" aria-checked={theme.id === choice} onClick={() => { setTheme(theme.id); close(); }}>
            <Icon name={theme.icon} size={16} /> {theme.label}
          </button>
        ))
      }
    </Menu>
  );
}
