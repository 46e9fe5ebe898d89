import { useEffect } from "react";
import { LOOKS } from "./states";
import type { TaskState } from "../api/types";

const WIND = '<path d="M6 12h13a3.6 3.6 0 1 0-3.4-4.8M6 17.5h18M6 23h10a2.8 2.8 0 1 1-2.6 3.8"/>';

function icon(state: TaskState | null): string {
  const dot = state ? `<circle cx="24.5" cy="24.5" r="7.5" fill="${LOOKS[state].light}" stroke="#fff" stroke-width="2"/>` : "";
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#0b6e86"/><g fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round">${WIND}</g>${dot}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

/** The tab's title and icon: a run's state can be seen without opening the tab. */
export function useTab(title: string, state: TaskState | null = null): void {
  useEffect(() => {
    const sign = state ? `${LOOKS[state].glyph} ` : "";
    document.title = title ? `${sign}${title} · Tradewind` : "Tradewind";
    const link = document.querySelector<HTMLLinkElement>("#favicon");
    if (link) link.href = icon(state);
  }, [title, state]);
}
