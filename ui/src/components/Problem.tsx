import { ProblemError, UnreachableError } from "../api/client";

/** Whatever went wrong, with what to do about it. */
export function Problem({ error, retry }: { error: Error; retry?: () => void }) {
  const { title, detail, hint } = describeProblem(error);
  return (
    <div className="problem" role="alert">
      <strong>{title}</strong>
      {detail && <p>{detail}</p>}
      {hint && <p className="hint">{hint}</p>}
      {retry && (
        <button type="button" className="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

export function describeProblem(error: Error): { title: string; detail: string | null; hint: string | null } {
  if (error instanceof ProblemError) return { title: error.title, detail: error.detail, hint: error.hint };
  if (error instanceof UnreachableError) return { title: error.title, detail: error.message, hint: error.hint };
  return { title: "The page hit a fault of its own", detail: error.message, hint: "Reload the page; if it stays, report it with the steps that led here." };
}
