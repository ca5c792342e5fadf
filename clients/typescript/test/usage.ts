// Compiled, never run: what is right compiles, what is wrong does not.
import { Almanac, AlmanacProblem, type Job } from "../src/index";

export async function right(almanac: Almanac, ws: string): Promise<Job["status"]> {
  const asked = await almanac.sync(ws, { mode: "full" }, "order-17");
  let status: Job["status"] = "queued";
  for await (const now of almanac.follow(asked)) status = now.status;
  const shown = await almanac.previewPlan(ws);
  try {
    await almanac.applyPlan(ws, shown);
  } catch (error) {
    if (!(error instanceof AlmanacProblem) || error.code !== "plan_changed") throw error;
  }
  for await (const run of almanac.runs({ ws_id: ws, status: "failed" })) console.log(run.error_type?.length);
  return status;
}

export async function wrong(almanac: Almanac, ws: string): Promise<void> {
  // @ts-expect-error no such mode
  await almanac.sync(ws, { mode: "half" });
  // @ts-expect-error no such field
  await almanac.schedule(ws, { windowDays: 30 });
  // @ts-expect-error return_url is missing
  await almanac.connectUrl({ ws_id: ws, user_id: "ada" });
}
