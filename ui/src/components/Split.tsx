import { useRef, useState, type KeyboardEvent, type PointerEvent, type ReactNode } from "react";

interface Props {
  left: ReactNode;
  /** null: the left side has the whole width */
  right: ReactNode | null;
  storageKey: string;
}

const LEAST = 22;
const MOST = 78;

/** Two panes with a handle between them. On a phone the right one covers the left. */
export function Split({ left, right, storageKey }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [share, setShare] = useState(() => Number(localStorage.getItem(storageKey)) || 46);
  const move = (next: number) => {
    const kept = Math.min(MOST, Math.max(LEAST, next));
    setShare(kept);
    localStorage.setItem(storageKey, String(Math.round(kept)));
  };
  const onDrag = (event: PointerEvent<HTMLDivElement>) => {
    const bounds = box.current?.getBoundingClientRect();
    if (event.buttons !== 1 || !bounds) return;
    move(((event.clientX - bounds.left) / bounds.width) * 100);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "ArrowLeft") move(share - 3);
    else if (event.key === "ArrowRight") move(share + 3);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className={right ? "split open" : "split"} ref={box} style={{ "--share": `${share}%` } as React.CSSProperties}>
      <div className="split-left">{left}</div>
      {right && (
        <>
          <div
            className="split-handle"
            role="separator"
            aria-orientation="vertical"
            aria-label="Resize panes"
            aria-valuenow={Math.round(share)}
            tabIndex={0}
            onKeyDown={onKey}
            onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
            onPointerMove={onDrag}
          />
          <div className="split-right">{right}</div>
        </>
      )}
    </div>
  );
}
