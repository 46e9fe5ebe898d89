import { useSyncExternalStore } from "react";
import { paintStates, type ThemeName } from "./states";

export type ThemeChoice = "system" | ThemeName;

const KEY = "tradewind.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();
let choice: ThemeChoice = readChoice();

function readChoice(): ThemeChoice {
  const saved = localStorage.getItem(KEY);
  return saved === "light" || saved === "dark" ? saved : "system";
}

function effective(): ThemeName {
  if (choice !== "system") return choice;
  return dark.matches ? "dark" : "light";
}

function apply(): void {
  const theme = effective();
  document.documentElement.dataset.theme = theme;
  paintStates(theme);
  for (const listener of listeners) listener();
}

export function startTheme(): void {
  dark.addEventListener("change", apply);
  apply();
}

export function setTheme(next: ThemeChoice): void {
  choice = next;
  if (next === "system") localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, next);
  apply();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useTheme(): ThemeName {
  return useSyncExternalStore(subscribe, effective);
}

export function useThemeChoice(): ThemeChoice {
  return useSyncExternalStore(subscribe, () => choice);
}
