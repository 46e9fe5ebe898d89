import { expect, it } from "vitest";
import type { JournalEntry } from "../api/types";
import { newestFirst } from "./journal";

const move = (at: string, why: string): JournalEntry => ({ at, before: null, after: null, why, actor: null });

it("puts the newest move first and keeps the order of moves of one instant, sent either way round", () => {
  const oldestFirst = [move("2026-01-01T00:00:00Z", "created"), move("2026-01-01T00:00:00Z", "may run"), move("2026-01-01T00:00:09Z", "done")];
  const wanted = ["done", "may run", "created"];
  expect(newestFirst(oldestFirst).map((entry) => entry.why)).toEqual(wanted);
  expect(newestFirst(oldestFirst.toReversed()).map((entry) => entry.why)).toEqual(wanted);
});
