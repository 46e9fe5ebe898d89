import type { JsonObject } from "../../api/types";
import { Empty } from "../../components/Empty";
import { JsonTree } from "../../components/JsonTree";

/** Template fields as the task saw them. */
export function RenderedView({ rendered }: { rendered: JsonObject | null }) {
  const fields = Object.entries(rendered ?? {});
  if (fields.length === 0) return <Empty title="Nothing rendered">Templates are rendered when the task starts.</Empty>;
  return (
    <>
      {fields.map(([name, value]) => (
        <section key={name} className="xcom">
          <header><code>{name}</code></header>
          {typeof value === "string" ? <pre>{value}</pre> : <JsonTree value={value} />}
        </section>
      ))}
    </>
  );
}
