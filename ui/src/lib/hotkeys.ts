import { useEffect, useRef } from "react";

export type Hotkeys = Record<string, (event: KeyboardEvent) => void>;

function spelled(event: KeyboardEvent): string {
  const mod = event.ctrlKey || event.metaKey ? "mod+" : "";
  const key = event.key.length === 1 ? event.key : event.key.toLowerCase();
  return mod + key;
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

/** Keys for as long as the component is shown. Plain keys are silent while someone types; `mod+` keys are not. */
export function useHotkeys(hotkeys: Hotkeys, enabled = true): void {
  const latest = useRef(hotkeys);
  latest.current = hotkeys;
  useEffect(() => {
    if (!enabled) return;
    const onKey = (event: KeyboardEvent) => {
      const name = spelled(event);
      if (event.defaultPrevented || (!name.startsWith("mod+") && isTyping(event.target))) return;
      if (document.querySelector("dialog[open]") && !name.startsWith("mod+")) return;
      const action = latest.current[name];
      if (!action) return;
      event.preventDefault();
      action(event);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [enabled]);
}
