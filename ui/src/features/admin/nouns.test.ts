import { describe, expect, it } from "vitest";
import { bodyOf, NOUNS, textsOf } from "./nouns";

const noun = (id: string) => NOUNS.find((candidate) => candidate.id === id) ?? expect.fail(id);

describe("the form of an administrator's thing", () => {
  it("sends only what was changed", () => {
    const pools = noun("pools");
    const row = { name: "db", slots: 5, description: null, include_deferred: false };
    expect(bodyOf(pools, row, { ...textsOf(pools, row), slots: "8" })).toEqual({ slots: 8 });
  });

  it("never sends back a masked value or an untouched password", () => {
    const variables = noun("variables");
    const secret = { key: "token", value: "***", description: null };
    expect(textsOf(variables, secret).value).toBe("");
    expect(bodyOf(variables, secret, { ...textsOf(variables, secret), description: "x" })).toEqual({ description: "x" });
    const connections = noun("connections");
    const row = { connection_id: "db", conn_type: "postgres", port: 5432 };
    expect(bodyOf(connections, row, { ...textsOf(connections, row), port: "" })).toEqual({ port: null });
  });

  it("sends what is needed for a new one, empty or not, so that the server can say what is missing", () => {
    expect(bodyOf(noun("variables"), null, { key: "a", value: "" })).toEqual({ key: "a", value: "" });
  });
});
