/** A small Markdown: blocks and inline marks as plain data, never HTML, so nothing in a doc can run. */
export type Inline =
  | { kind: "text" | "code" | "strong" | "em"; text: string }
  | { kind: "link"; text: string; href: string };

export type Block =
  | { kind: "heading"; level: number; content: Inline[] }
  | { kind: "paragraph"; content: Inline[] }
  | { kind: "list"; ordered: boolean; items: Inline[][] }
  | { kind: "quote"; content: Inline[] }
  | { kind: "code"; text: string }
  | { kind: "rule" }
  | { kind: "table"; head: Inline[][]; rows: Inline[][][] };

const INLINE = /`([^`]+)`|\*\*([^*]+)\*\*|__([^_]+)__|\*([^*\s][^*]*)\*|\[([^\]]+)\]\(([^)\s]+)\)|(https?:\/\/[^\s<>)]+)/g;

export function parseInline(source: string): Inline[] {
  const out: Inline[] = [];
  let from = 0;
  for (const match of source.matchAll(INLINE)) {
    if (match.index > from) out.push({ kind: "text", text: source.slice(from, match.index) });
    from = match.index + match[0].length;
    const [whole, code, strong, strong2, em, text, href, bare] = match;
    if (code) out.push({ kind: "code", text: code });
    else if (strong ?? strong2) out.push({ kind: "strong", text: strong ?? strong2 ?? "" });
    else if (em) out.push({ kind: "em", text: em });
    else if (text && href) out.push(isSafe(href) ? { kind: "link", text, href } : { kind: "text", text });
    else out.push({ kind: "link", text: bare ?? whole, href: bare ?? whole });
  }
  if (from < source.length) out.push({ kind: "text", text: source.slice(from) });
  return out;
}

function isSafe(href: string): boolean {
  return /^(https?:|mailto:|\/|#)/i.test(href);
}

export function parseMarkdown(source: string): Block[] {
  const lines = dedent(source).split("\n");
  const blocks: Block[] = [];
  let i = 0;
  while (i < lines.length) {
    const [block, next] = takeBlock(lines, i);
    if (block) blocks.push(block);
    i = next;
  }
  return blocks;
}

function takeBlock(lines: string[], i: number): [Block | null, number] {
  const line = lines[i] ?? "";
  if (line.trim() === "") return [null, i + 1];
  if (/^\s*```/.test(line)) {
    let end = i + 1;
    while (end < lines.length && !/^\s*```/.test(lines[end] ?? "")) end++;
    return [{ kind: "code", text: lines.slice(i + 1, end).join("\n") }, end + 1];
  }
  const heading = /^(#{1,6})\s+(.*)$/.exec(line);
  if (heading) return [{ kind: "heading", level: heading[1]?.length ?? 1, content: parseInline(heading[2] ?? "") }, i + 1];
  if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(line)) return [{ kind: "rule" }, i + 1];
  if (line.includes("|") && /^\s*\|?\s*:?-{2,}/.test(lines[i + 1] ?? "")) return takeTable(lines, i);
  if (BULLET.test(line)) return takeList(lines, i);
  const end = endOfParagraph(lines, i);
  const text = lines.slice(i, end).join(" ");
  if (/^\s*>/.test(line)) return [{ kind: "quote", content: parseInline(text.replace(/(^|\s)>\s?/g, " ").trim()) }, end];
  return [{ kind: "paragraph", content: parseInline(text.trim()) }, end];
}

const BULLET = /^\s*([-*+]|\d+[.)])\s+/;

function endOfParagraph(lines: string[], i: number): number {
  let end = i + 1;
  while (end < lines.length) {
    const line = lines[end] ?? "";
    if (line.trim() === "" || /^(#{1,6}\s|\s*```)/.test(line) || BULLET.test(line)) break;
    end++;
  }
  return end;
}

function takeList(lines: string[], i: number): [Block, number] {
  const ordered = /^\s*\d/.test(lines[i] ?? "");
  const items: string[] = [];
  let at = i;
  for (; at < lines.length; at++) {
    const line = lines[at] ?? "";
    if (BULLET.test(line)) items.push(line.replace(BULLET, ""));
    else if (/^\s+\S/.test(line) && items.length > 0) items[items.length - 1] += ` ${line.trim()}`;
    else break;
  }
  return [{ kind: "list", ordered, items: items.map(parseInline) }, at];
}

function takeTable(lines: string[], i: number): [Block, number] {
  const cells = (line: string) => line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => parseInline(cell.trim()));
  let end = i + 2;
  while (end < lines.length && (lines[end] ?? "").includes("|")) end++;
  return [{ kind: "table", head: cells(lines[i] ?? ""), rows: lines.slice(i + 2, end).map(cells) }, end];
}

/** Docstrings come indented as their code was. */
function dedent(source: string): string {
  const lines = source.replace(/\r/g, "").split("\n");
  const indents = lines.slice(1).filter((line) => line.trim() !== "").map((line) => line.length - line.trimStart().length);
  const cut = indents.length ? Math.min(...indents) : 0;
  return [lines[0]?.trimStart() ?? "", ...lines.slice(1).map((line) => line.slice(cut))].join("\n");
}
