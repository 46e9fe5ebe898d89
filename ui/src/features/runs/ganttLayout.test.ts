import { describe, expect, it } from "vitest";
import type { TaskRow } from "../../api/types";
import { axisMarks, planGantt } from "./ganttLayout";

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
const task = (id: string, times: Partial<TaskRow>): TaskRow => ({
  task_id: id, map_index: -1, state: "success", try_number: 1, max_tries: 0, operator: null, pool: null, queue: null,
  scheduled_at: null, queued_at: null, started_at: null, ended_at: null, seconds: null, map_label: null, note: null, ...times,
});

describe("the timeline of a run", () => {
  it("shows waiting, starting and running apart, as shares of the whole", () => {
    const plan = planGantt([task("a", { scheduled_at: at(0), queued_at: at(2), started_at: at(4), ended_at: at(10) })], at(0), Date.parse(at(99)));
    expect(plan.rows[0]).toMatchObject({ from: 0, waited: 0.2, started: 0.2, ran: 0.6 });
  });

  it("lets a running task reach to now, and leaves out what has not begun", () => {
    const plan = planGantt([task("a", { started_at: at(5) }), task("b", {})], at(0), Date.parse(at(10)));
    expect(plan.rows.map((row) => row.task.task_id)).toEqual(["a"]);
    expect(plan.rows[0]?.ran).toBe(0.5);
  });

  it("is empty, not broken, without any times", () => {
    expect(planGantt([], null, 1000).rows).toEqual([]);
  });
});

it("marks the axis at round numbers", () => {
  expect(axisMarks(10)).toEqual([0, 2, 4, 6, 8, 10]);
  expect(axisMarks(0.5)).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5]);
});
