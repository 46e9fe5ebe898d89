import { expect, it } from "vitest";
import { highlight } from "./highlight";

it("keeps every character, and carries a long string over its lines", () => {
  const source = 'def f(x):\n    """two\n    lines"""\n    return x + 1  # done\n';
  const lines = highlight(source);
  expect(lines.map((line) => line.map((token) => token.text).join("")).join("\n")).toBe(source);
  expect(lines[2]?.[0]?.kind).toBe("string");
  expect(lines[0]?.find((token) => token.text === "f")?.kind).toBe("name");
  expect(lines[3]?.at(-1)?.kind).toBe("comment");
});
