import { asState, LOOKS } from "../lib/states";

export function StateBadge({ state }: { state: string | null }) {
  const known = asState(state);
  const look = LOOKS[known];
  return (
    <span className="badge" data-state={known} style={{ "--c": `var(--st-${known})` } as React.CSSProperties} title={look.meaning}>
      <i aria-hidden="true">{look.glyph}</i>
      {look.label}
    </span>
  );
}

export function StateDot({ state }: { state: string | null }) {
  const known = asState(state);
  return <span className="dot" data-state={known} style={{ background: `var(--st-${known})` }} role="img" aria-label={LOOKS[known].label} title={LOOKS[known].label} />;
}

/** One bar split by state: what a run, a group or a mapped task is made of. */
export function StateBar({ counts }: { counts: Record<string, number> }) {
  const parts = Object.entries(counts).filter(([, n]) => n > 0);
  const total = parts.reduce((sum, [, n]) => sum + n, 0);
  if (total === 0) return null;
  const label = parts.map(([state, n]) => `${n} ${LOOKS[asState(state)].label}`).join(", ");
  return (
    <div className="statebar" role="img" aria-label={label} title={label}>
      {parts.map(([state, n]) => (
        <span key={state} style={{ flexGrow: n, background: `var(--st-${asState(state)})` }} />
      ))}
    </div>
  );
}
