export function Logo({ size = 26 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="var(--accent-strong)" />
      <g fill="none" stroke="#fff" strokeWidth="2.6" strokeLinecap="round">
        <path d="M6 12h13a3.6 3.6 0 1 0-3.4-4.8" />
        <path d="M6 17.5h18" />
        <path d="M6 23h10a2.8 2.8 0 1 1-2.6 3.8" opacity=".75" />
      </g>
    </svg>
  );
}
