import { describe, expect, it } from "vitest";
import { fieldOf, paramOf, read, show } from "./fields";

describe("the form of a trigger dialog", () => {
  it("takes the kind of input from the schema, else from the default", () => {
    expect(fieldOf("n", { value: 3, schema: { type: "integer" } }).kind).toBe("integer");
    expect(fieldOf("d", { value: null, schema: { type: ["null", "string"], format: "date" } }).kind).toBe("date");
    expect(fieldOf("e", { value: "a", schema: { enum: ["a", "b"] } }).kind).toBe("enum");
    expect(fieldOf("l", { value: ["x"], schema: {} }).kind).toBe("lines");
    expect(fieldOf("o", { value: { a: 1 }, schema: {} }).kind).toBe("json");
  });

  it("reads back what it shows", () => {
    for (const [value, schema] of [[["a", "b"], { type: "array" }], [{ a: [1] }, { type: "object" }], [4.5, { type: "number" }], ["b", { enum: ["a", "b"] }]] as const) {
      const param = { value: structuredClone(value) as never, schema: structuredClone(schema) as never };
      const field = fieldOf("x", param);
      expect(read(field, show(field.kind, param.value)).value).toEqual(value);
    }
  });

  it("says what is wrong with a number, and allows nothing only where null is allowed", () => {
    const whole = fieldOf("n", { value: 3, schema: { type: "integer" } });
    expect(read(whole, "1.5").problem).toContain("whole");
    expect(read(whole, "").problem).not.toBeNull();
    expect(read(fieldOf("n", { value: 3, schema: { type: ["integer", "null"] } }), "").problem).toBeNull();
  });

  it("says at once what the schema does not allow", () => {
    const few = fieldOf("n", { value: 3, schema: { type: "integer", minimum: 1, maximum: 9 } });
    expect(read(few, "0").problem).toContain("at least 1");
    expect(read(few, "10").problem).toContain("at most 9");
    expect(read(few, "9").problem).toBeNull();
    const code = fieldOf("c", { value: "ab", schema: { type: "string", pattern: "^[a-z]+$", minLength: 2 } });
    expect(read(code, "A1").problem).toContain("match");
    expect(read(code, "a").problem).toContain("at least 2");
    expect(read(fieldOf("p", { value: "", schema: { type: "string", pattern: "(?P<x>a)" } }), "b").problem).toBeNull();
  });

  it("finds the param a problem is about", () => {
    expect(paramOf("conf.day", ["day"])).toBe("day");
    expect(paramOf("/conf/day", ["day"])).toBe("day");
    expect(paramOf("logical_date", ["day"])).toBeNull();
  });
});
