import { describe, expect, it } from "vitest";
import type { Backfill } from "../../api/backfills";
import { asMoment, secondsLeft } from "./pace";

const progress = { total: 10, done: 4, planned: 4, skipped: 2, queued: 0, running: 2, success: 2, failed: 0, deleted: 0 };
const backfill = { created_at: "2026-01-01T00:00:00Z", state: "running", progress } as Backfill;

describe("how long a backfill may go on", () => {
  it("follows the pace of what has ended", () => {
    expect(secondsLeft(backfill, Date.parse("2026-01-01T00:01:00Z"))).toBe(180);
  });
  it("is not guessed before anything has ended, nor while it is paused", () => {
    expect(secondsLeft({ ...backfill, progress: { ...progress, success: 0 } }, Date.now())).toBeNull();
    expect(secondsLeft({ ...backfill, state: "paused" }, Date.now())).toBeNull();
  });
});

describe("dates of the form", () => {
  it("are days or minutes in UTC", () => {
    expect(asMoment("2026-01-31")).toBe("2026-01-31T00:00:00Z");
    expect(asMoment("2026-01-31T06:30")).toBe("2026-01-31T06:30:00Z");
    expect(asMoment("")).toBeNull();
  });
});
