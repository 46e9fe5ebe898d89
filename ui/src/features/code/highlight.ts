export type Kind = "plain" | "comment" | "string" | "keyword" | "number" | "decorator" | "name";

export interface Token {
  kind: Kind;
  text: string;
}

const KEYWORDS = new Set(
  "False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda match case nonlocal not or pass raise return try while with yield".split(" "),
);
const TOKEN = /(#[^\n]*)|([rbfuRBFU]{0,2}(?:"""[\s\S]*?(?:"""|$)|'''[\s\S]*?(?:'''|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?))|(@[\w.]+)|(\b\d[\w.]*)|([A-Za-z_]\w*)/g;

/** Python in colours, line by line; good enough to read by, with no parser. */
export function highlight(source: string): Token[][] {
  const lines: Token[][] = [[]];
  const add = (kind: Kind, text: string) => {
    text.split("\n").forEach((part, i) => {
      if (i > 0) lines.push([]);
      if (part !== "") lines.at(-1)?.push({ kind, text: part });
    });
  };
  let from = 0;
  let defines = false;
  for (const match of source.matchAll(TOKEN)) {
    add("plain", source.slice(from, match.index));
    from = match.index + match[0].length;
    const [text, comment, string, decorator, number, word] = match;
    if (comment) add("comment", text);
    else if (string) add("string", text);
    else if (decorator) add("decorator", text);
    else if (number) add("number", text);
    else add(KEYWORDS.has(word ?? "") ? "keyword" : defines ? "name" : "plain", text);
    defines = word === "def" || word === "class";
  }
  add("plain", source.slice(from));
  return lines;
}
