// Compiled, never run: what is right compiles, what is wrong does not.
import { Almanac, AlmanacProblem, verifyWebhook, type Job } from "../src/index";

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
  for await (const change of almanac.changes(ws, 412)) console.log(change.version, change.kind);
  console.log((await almanac.browserToken({ ws_id: ws, job_id: asked.job_id })).token);
  const task = await almanac.addTask(ws, { title: "Report", minutes: 120, assignees: [{ user_id: "ada" }] }, "order-18");
  await almanac.changeTask(ws, task, { earliest: "2026-03-09T09:00:00+01:00", deadline: null });
  console.log((await almanac.changeTask(ws, task, { done: true })).done_at?.length);
  for (const each of await almanac.tasks(ws, { user_id: "ada" })) console.log(each.title, each.minutes_left, each.blocks[0]?.start);
  const habit = await almanac.addHabit(ws, { name: "Run", ideal_time: "07:30", weekdays: ["monday", "friday"] });
  await almanac.changeHabit(ws, habit, { minutes: 45, user_id: null });
  console.log((await almanac.skipHabit(ws, habit, "2026-12-24")).skipped.length);
  for (const each of await almanac.habits(ws)) console.log(each.name, each.blocks[0]?.start, each.notes[0]?.reason);
  const nine = { timeBlocks: [{ startTime: "09:00", endTime: "17:00" }] };
  console.log((await almanac.setHours(ws, "work", { monday: nine, tuesday: nine }, "ada")).week?.friday.enabled);
  console.log((await almanac.disconnect(ws, "account", "leave")).status === "leaving");
  return status;
}

export async function received(request: Request, secret: string): Promise<string> {
  const said = await verifyWebhook<{ type: string }>(await request.text(), request.headers, secret);
  return said.type;
}

export async function wrong(almanac: Almanac, ws: string): Promise<void> {
  // @ts-expect-error no such mode
  await almanac.sync(ws, { mode: "half" });
  // @ts-expect-error no such field
  await almanac.schedule(ws, { windowDays: 30 });
  // @ts-expect-error no such status
  await almanac.api.PATCH("/v1/webhooks/{endpoint_id}", { params: { path: { endpoint_id: ws } }, body: { status: "off" } });
  // @ts-expect-error minutes are missing
  await almanac.addTask(ws, { title: "Report" });
  // @ts-expect-error no such weekday
  await almanac.addHabit(ws, { name: "Run", weekdays: ["mon"] });
  // @ts-expect-error return_url is missing
  await almanac.connectUrl({ ws_id: ws, user_id: "ada" });
}
