import { describe, expect, it } from "vitest";
import { bodyOf, draftOf, joinExtra, splitExtra, type HookMeta } from "./forms";

const CLOUD: HookMeta = {
  connection_type: "cloud",
  hook_name: "Cloud",
  hook_class_name: "acme.CloudHook",
  package_name: "acme",
  installed: true,
  default_conn_name: null,
  standard_fields: {},
  extra_fields: {
    project: { value: null, schema: { type: ["string", "null"] }, description: null, placeholder: null },
    key: { value: null, schema: { type: ["string", "null"], format: "password" }, description: null, placeholder: null },
    retries: { value: 5, schema: { type: ["integer", "null"] }, description: null, placeholder: null },
  },
};
const ROW = { connection_id: "c", conn_type: "cloud", host: "h", port: 1, extra: '{"project": "p", "key": "***", "zone": "z"}' };

describe("the fields of a type lie in extra", () => {
  it("are taken out of it, the rest stays", () => {
    expect(splitExtra(ROW.extra, CLOUD, false)).toEqual({ own: { project: "p", key: "***", retries: "" }, rest: '{\n  "zone": "z"\n}' });
  });
  it("come back into it", () => {
    const draft = draftOf(ROW, CLOUD);
    draft.own.retries = "3";
    expect(joinExtra(draft, CLOUD).extra).toBe('{"zone":"z","project":"p","key":"***","retries":3}');
  });
  it("are found under their older long name", () => {
    expect(splitExtra('{"extra__cloud__project": "old"}', CLOUD, false)).toEqual({ own: { project: "old", key: "", retries: "" }, rest: "" });
  });
  it("have their defaults in a new connection only", () => {
    expect(draftOf(null, CLOUD).own.retries).toBe("5");
    expect(draftOf(ROW, CLOUD).own.retries).toBe("");
  });
  it("name the field with a wrong value", () => {
    const draft = draftOf(ROW, CLOUD);
    draft.own.retries = "many";
    expect(joinExtra(draft, CLOUD)).toMatchObject({ extra: null, field: "retries" });
  });
  it("need the rest to be an object", () => {
    const draft = { ...draftOf(ROW, CLOUD), rest: "[1]" };
    expect(joinExtra(draft, CLOUD)).toMatchObject({ extra: null, field: "extra" });
  });
});

describe("what is sent", () => {
  it("is nothing when nothing was changed", () => {
    const draft = draftOf(ROW, CLOUD);
    expect(bodyOf(ROW, "c", draft, joinExtra(draft, CLOUD).extra ?? "")).toEqual({});
  });
  it("is a changed field, and an emptied port as null", () => {
    const draft = draftOf(ROW, CLOUD);
    draft.standard.port = "";
    draft.standard.host = "other";
    expect(bodyOf(ROW, "c", draft, joinExtra(draft, CLOUD).extra ?? "")).toEqual({ host: "other", port: null });
  });
  it("is everything filled in for a new one", () => {
    const draft = { ...draftOf(null, CLOUD), connType: "cloud" };
    draft.standard.password = "s";
    expect(bodyOf(null, "n", draft, joinExtra(draft, CLOUD).extra ?? "")).toEqual({ connection_id: "n", conn_type: "cloud", password: "s", extra: '{"retries":5}' });
  });
});
