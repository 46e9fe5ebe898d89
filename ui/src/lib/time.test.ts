import { describe, expect, it } from "vitest";
import { covers, duration, relative, secondsBetween } from "./time";

describe("times as people read them", () => {
  it("says durations in at most two units", () => {
    expect(duration(0.012)).toBe("12 ms");
    expect(duration(4.25)).toBe("4.3 s");
    expect(duration(200)).toBe("3 min 20 s");
    expect(duration(7500)).toBe("2 h 05 min");
    expect(duration(null)).toBe("–");
  });

  it("says how far a moment is from now, in both directions", () => {
    const now = Date.parse("2026-11-20T12:00:00Z");
    expect(relative("2026-11-20T11:56:00Z", now)).toBe("4 min ago");
    expect(relative("2026-11-20T14:00:00Z", now)).toBe("in 2 h");
  });

  it("counts up to now while something has not ended", () => {
    const now = Date.parse("2026-11-20T12:00:00Z");
    expect(secondsBetween("2026-11-20T11:59:30Z", null, now)).toBe(30);
    expect(secondsBetween(null, null, now)).toBeNull();
  });
});

describe("the three dates of a run", () => {
  it("are one sentence", () => {
    expect(covers("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-02T00:00:00Z")).toBe("covers 2026-01-01 00:00 to 2026-01-02 00:00, due at 2026-01-02 00:00");
  });
  it("are one moment for a run that covers nothing", () => {
    expect(covers("2026-01-01T06:30:05Z", "2026-01-01T06:30:05Z", "2026-01-01T06:30:05Z")).toBe("for 2026-01-01 06:30:05, due at 2026-01-01 06:30:05");
    expect(covers(null, null, "2026-01-01T06:30:00Z")).toBe("due at 2026-01-01 06:30");
  });
});
