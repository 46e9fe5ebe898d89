import { useMemo, type ReactNode } from "react";
import { parseMarkdown, type Block, type Inline } from "../lib/markdown";

export function Markdown({ source }: { source: string }) {
  const blocks = useMemo(() => parseMarkdown(source), [source]);
  return (
    <div className="markdown">
      {blocks.map((block, i) => (
        <BlockView key={i} block={block} />
      ))}
    </div>
  );
}

function BlockView({ block }: { block: Block }): ReactNode {
  switch (block.kind) {
    case "heading": {
      const Tag = `h${Math.min(6, block.level + 1)}` as "h2";
      return <Tag>{spans(block.content)}</Tag>;
    }
    case "paragraph":
      return <p>{spans(block.content)}</p>;
    case "quote":
      return <blockquote>{spans(block.content)}</blockquote>;
    case "code":
      return <pre>{block.text}</pre>;
    case "rule":
      return <hr />;
    case "list": {
      const items = block.items.map((item, i) => <li key={i}>{spans(item)}</li>);
      return block.ordered ? <ol>{items}</ol> : <ul>{items}</ul>;
    }
    case "table":
      return (
        <div className="scroll-x">
          <table className="table">
            <thead>
              <tr>{block.head.map((cell, i) => <th key={i}>{spans(cell)}</th>)}</tr>
            </thead>
            <tbody>
              {block.rows.map((row, i) => (
                <tr key={i}>{row.map((cell, j) => <td key={j}>{spans(cell)}</td>)}</tr>
              ))}
            </tbody>
          </table>
        </div>
      );
  }
}

function spans(content: Inline[]): ReactNode[] {
  return content.map((part, i) => {
    if (part.kind === "code") return <code key={i}>{part.text}</code>;
    if (part.kind === "strong") return <strong key={i}>{part.text}</strong>;
    if (part.kind === "em") return <em key={i}>{part.text}</em>;
    if (part.kind === "link") return <a key={i} href={part.href} rel="noreferrer noopener">{part.text}</a>;
    return part.text;
  });
}
