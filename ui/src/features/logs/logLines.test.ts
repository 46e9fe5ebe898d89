import { describe, expect, it } from "vitest";
import { errorStarts, findLines, LogText, nextAfter, splitHits } from "./logLines";

const info = "[2026-01-01 00:00:00,000] {a.py:1} INFO - hello";
const error = "[2026-01-01 00:00:01,000] {a.py:2} ERROR - broken";

describe("a log that arrives in pieces", () => {
  it("joins a line that was cut in the middle", () => {
    const log = new LogText();
    log.add(`${info.slice(0, 20)}`);
    log.add(`${info.slice(20)}\nsecond\n`);
    expect(log.all.map((line) => line.text)).toEqual([info, "second"]);
  });

  it("gives a traceback the level of the line before it, and ends there", () => {
    const log = new LogText();
    log.add(`${info}\n${error}\nTraceback\n  File\n${info}\n`);
    expect(log.all.map((line) => line.level)).toEqual(["info", "error", "error", "error", "info"]);
    expect(errorStarts(log.all)).toEqual([1]);
  });

  it("drops terminal colours", () => {
    const log = new LogText();
    log.add("\u001b[31mred\u001b[0m\n");
    expect(log.all[0]?.text).toBe("red");
  });
});

describe("search", () => {
  it("goes round at both ends", () => {
    expect(nextAfter([2, 5, 9], 5, 1)).toBe(9);
    expect(nextAfter([2, 5, 9], 9, 1)).toBe(2);
    expect(nextAfter([2, 5, 9], 2, -1)).toBe(9);
    expect(nextAfter([], 2, 1)).toBeNull();
  });

  it("finds without regard to case, and cuts the text at each hit", () => {
    expect(findLines([{ text: "Hello", level: "info" }, { text: "x", level: "info" }], "hell")).toEqual([0]);
    expect(splitHits("aXbxc", "x").map((part) => part.text)).toEqual(["a", "X", "b", "x", "c"]);
  });
});
