import type { ReactNode } from "react";

/** Nothing to show, and the next step. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <svg width="72" height="48" viewBox="0 0 72 48" fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" aria-hidden="true">
        <path d="M4 16h40a8 8 0 1 0-7.5-10.5M4 26h58M12 36h26a6 6 0 1 1-5.5 8" />
      </svg>
      <h3>{title}</h3>
      {children && <div className="muted">{children}</div>}
    </div>
  );
}
