import { expect, it } from "vitest";
import { fuzzyScore } from "./fuzzy";

it("prefers a whole piece over scattered letters, and says 0 when letters are missing", () => {
  expect(fuzzyScore("etl", "sales_etl")).toBeGreaterThan(fuzzyScore("etl", "extra_table_load"));
  expect(fuzzyScore("etl", "extra_table_load")).toBeGreaterThan(0);
  expect(fuzzyScore("zz", "sales_etl")).toBe(0);
});
