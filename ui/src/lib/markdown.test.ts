import { describe, expect, it } from "vitest";
import { parseInline, parseMarkdown } from "./markdown";

describe("markdown", () => {
  it("knows the blocks a DAG's docs use, also when they are an indented docstring", () => {
    const blocks = parseMarkdown("\n    # Sales\n    Loads *sales*.\n\n    - one\n    - two\n\n    ```\n    code\n    ```\n");
    expect(blocks.map((block) => block.kind)).toEqual(["heading", "paragraph", "list", "code"]);
  });

  it("reads a table", () => {
    const [table] = parseMarkdown("| a | b |\n|---|---|\n| 1 | 2 |");
    expect(table?.kind === "table" && table.rows.length).toBe(1);
  });

  it("never makes a link that could run a script", () => {
    expect(parseInline("[x](javascript:alert(1))").some((part) => part.kind === "link")).toBe(false);
    expect(parseInline("[x](https://example.org)")[0]).toEqual({ kind: "link", text: "x", href: "https://example.org" });
  });
});
