/** Grey lines in the place of what comes; nothing moves about when it arrives. */
export function Loading({ lines = 6 }: { lines?: number }) {
  return (
    <div className="loading" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, i) => (
        <span key={i} style={{ width: `${92 - ((i * 17) % 45)}%` }} />
      ))}
    </div>
  );
}
