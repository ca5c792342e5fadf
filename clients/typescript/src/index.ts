// A thin client of Almanac's HTTP API. Types come from openapi.d.ts, which is generated from docs/openapi.json.
import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./openapi";

export { verifyWebhook, type WebhookHeaders } from "./verify";

type Schemas = components["schemas"];
export type Accepted = Schemas["Accepted"];
export type Job = Schemas["Job"];
export type Run = Schemas["Run"];
export type Health = Schemas["HealthAnswer"];
export type Preview = Schemas["PreviewAnswer"];
export type Applied = Schemas["Applied"];
export type CalendarEvent = Schemas["CalendarEvent"];
export type Change = Schemas["Change"];
export type SyncBody = Partial<Schemas["SyncBody"]>;
export type PlanBody = Partial<Schemas["PlanBody"]>;
export type ConnectBody = Schemas["ConnectBody"];
export type Task = Schemas["Task"];
export type NewTask = Pick<Schemas["TaskBody"], "title" | "minutes"> & Partial<Schemas["TaskBody"]>;
export type TaskChange = Schemas["TaskChangeBody"];
export type Habit = Schemas["Habit"];
export type HabitChange = Schemas["HabitChangeBody"];
export type NewHabit = HabitChange & { name: string };
export type Week = Schemas["WeekBody"];

export interface Options {
  /** Where Almanac is reached, without a path. */
  url: string;
  /** A key of `almanac api-key add`, or a token of your issuer. Keep it on the server. */
  token: string;
  fetch?: typeof globalThis.fetch;
}

/** What Almanac says is wrong (RFC 9457). `code` is stable, `field` names the place. */
export class AlmanacProblem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly field: string | null,
    /** Everything that was said; of `plan_changed` it holds the new preview. */
    readonly body: Record<string, unknown>,
  ) {
    super(detail);
    this.name = "AlmanacProblem";
  }
}

const OVER: ReadonlySet<Job["status"]> = new Set(["completed", "partial", "failed", "skipped", "cancelled"]);

export class Almanac {
  /** Every route, typed, for what has no method of its own here. */
  readonly api: Client<paths>;

  constructor({ url, token, fetch }: Options) {
    const headers = { Authorization: `Bearer ${token}` };
    this.api = createClient<paths>({ baseUrl: url, headers, ...(fetch ? { fetch } : {}) });
  }

  /** Ask for a sync. With a key, asking again within a day is the same request. */
  async sync(ws: string, body: SyncBody = {}, idempotencyKey?: string): Promise<Accepted> {
    const params = { path: { ws }, ...once(idempotencyKey) };
    return said(await this.api.POST("/v1/workspaces/{ws}/sync", { params, body: body as Schemas["SyncBody"] }));
  }

  /** Ask for a plan of tasks and habits. */
  async schedule(ws: string, body: PlanBody = {}, idempotencyKey?: string): Promise<Accepted> {
    const params = { path: { ws }, ...once(idempotencyKey) };
    return said(await this.api.POST("/v1/workspaces/{ws}/schedule", { params, body: body as Schemas["PlanBody"] }));
  }

  /** Where a job stands. */
  async job(jobId: string): Promise<Job> {
    return said(await this.api.GET("/v1/jobs/{job_id}", { params: { path: { job_id: jobId } } }));
  }

  /** Follow a job to its end: one state a change, the last one is final. Stops when `signal` does. */
  async *follow(job: Accepted | string, { signal }: { signal?: AbortSignal } = {}): AsyncGenerator<Job, void> {
    const jobId = typeof job === "string" ? job : job.job_id;
    let last = "";
    for (let wait = 500; ; wait = Math.min(wait * 1.5, 5_000)) {
      signal?.throwIfAborted();
      const now = await this.job(jobId);
      const text = JSON.stringify(now);
      if (text !== last) yield now;
      if (OVER.has(now.status)) return;
      last = text;
      await new Promise((done) => setTimeout(done, wait));
    }
  }

  /** What a plan would come to now. Writes nothing. */
  async previewPlan(ws: string, body: Partial<Schemas["PreviewBody"]> = {}): Promise<Preview> {
    const sent = { params: { path: { ws } }, body: body as Schemas["PreviewBody"] };
    return said(await this.api.POST("/v1/workspaces/{ws}/plan/preview", sent));
  }

  /** Write the plan that was shown. Throws `plan_changed`, with the new preview, when it would be another one now. */
  async applyPlan(ws: string, shown: Preview): Promise<Applied> {
    const body = { fingerprint: shown.fingerprint } as Schemas["ApplyBody"];
    return said(await this.api.POST("/v1/workspaces/{ws}/plan/apply", { params: { path: { ws } }, body }));
  }

  /** The open tasks, those in trouble and without a block first; of one member, or those that are done. All of them. */
  async tasks(ws: string, query: { user_id?: string; done?: boolean } = {}): Promise<Task[]> {
    const path = { ws };
    return whole(async (after) => said(await this.api.GET("/v1/workspaces/{ws}/tasks", { params: { path, query: { ...query, ...after } } })));
  }

  /** Add a task; the next plan places it. Returns its id. With a key, asking again within a day is the same request. */
  async addTask(ws: string, task: NewTask, idempotencyKey?: string): Promise<string> {
    const params = { path: { ws }, ...once(idempotencyKey) };
    return said(await this.api.POST("/v1/workspaces/{ws}/tasks", { params, body: task as Schemas["TaskBody"] })).task_id;
  }

  /** Change what is given of a task: `{ done: true }` ticks it off, a later `earliest` snoozes it, null takes a bound away. */
  async changeTask(ws: string, task_id: string, body: TaskChange): Promise<Task> {
    return said(await this.api.PATCH("/v1/workspaces/{ws}/tasks/{task_id}", { params: { path: { ws, task_id } }, body }));
  }

  /** The habits with their next blocks, those that are paused last. */
  async habits(ws: string): Promise<Habit[]> {
    return whole(async (after) => said(await this.api.GET("/v1/workspaces/{ws}/habits", { params: { path: { ws }, query: after } })));
  }

  /** Add a habit; the next plan finds its times. Returns its id. With a key, asking again within a day is the same request. */
  async addHabit(ws: string, body: NewHabit, idempotencyKey?: string): Promise<string> {
    const params = { path: { ws }, ...once(idempotencyKey) };
    return said(await this.api.POST("/v1/workspaces/{ws}/habits", { params, body })).habit_id;
  }

  /** Change what is given of a habit: `{ active: false }` pauses it, null takes away what it may lack. */
  async changeHabit(ws: string, habit_id: string, body: HabitChange): Promise<Habit> {
    return said(await this.api.PATCH("/v1/workspaces/{ws}/habits/{habit_id}", { params: { path: { ws, habit_id } }, body }));
  }

  /** Leave out one date of a habit ("2026-12-24"), or with false have it after all. */
  async skipHabit(ws: string, habit_id: string, day: string, skipped = true): Promise<Habit> {
    const [route, sent] = ["/v1/workspaces/{ws}/habits/{habit_id}/skipped/{day}", { params: { path: { ws, habit_id, day } } }] as const;
    return said(skipped ? await this.api.PUT(route, sent) : await this.api.DELETE(route, sent));
  }

  /** Open a category of hours in this week and at no other time, for everybody or for one member. */
  async setHours(ws: string, category: string, body: Week, user_id?: string): Promise<Schemas["Hours"]> {
    const params = { path: { ws, category }, ...(user_id === undefined ? {} : { query: { user_id } }) };
    return said(await this.api.PUT("/v1/workspaces/{ws}/hours/{category}", { params, body }));
  }

  /** How a workspace does, and why it is late if it is. */
  async health(ws: string): Promise<Health> {
    return said(await this.api.GET("/v1/workspaces/{ws}/health", { params: { path: { ws } } }));
  }

  /** Events and blocks that touch the time between two instants, as they are or were at a version. */
  async calendar(ws: string, from: Date, to: Date, version?: number): Promise<CalendarEvent[]> {
    const query = { from: from.toISOString(), to: to.toISOString(), ...(version === undefined ? {} : { version }) };
    return said(await this.api.GET("/v1/workspaces/{ws}/calendar", { params: { path: { ws }, query } })).items;
  }

  /** What changed after a version, up to now. Throws `cursor_expired` when that is no longer kept. */
  async *changes(ws: string, after: number): AsyncGenerator<Change, void> {
    for (let head = Infinity; after < head; ) {
      const params = { path: { ws }, query: { after, limit: 200 } };
      const page = said(await this.api.GET("/v1/workspaces/{ws}/changes", { params }));
      yield* page.items;
      if (page.next === after) return;
      ({ next: after, head } = page);
    }
  }

  /** Runs, the newest first, over all pages. */
  async *runs(filter: Omit<NonNullable<paths["/v1/runs"]["get"]["parameters"]["query"]>, "after"> = {}): AsyncGenerator<Run, void> {
    let after: string | null = null;
    do {
      const query: NonNullable<paths["/v1/runs"]["get"]["parameters"]["query"]> = after === null ? filter : { ...filter, after };
      const page: Schemas["RunPage"] = said(await this.api.GET("/v1/runs", { params: { query } }));
      yield* page.items;
      after = page.next;
    } while (after !== null);
  }

  /** Where the browser of an account's owner has to go to connect it; good for ten minutes. */
  async connectUrl(body: ConnectBody): Promise<string> {
    return said(await this.api.POST("/v1/connect", { body })).consent_url;
  }

  /** Let an account go: what is ours in its calendars is removed first, or left; then its grant is given back. */
  async disconnect(ws: string, account_id: string, blocks: "remove" | "leave" = "remove"): Promise<Schemas["LeftAccount"]> {
    const params = { path: { ws, account_id }, query: { blocks } };
    return said(await this.api.DELETE("/v1/workspaces/{ws}/accounts/{account_id}", { params }));
  }

  /** A token for a browser: it reads one workspace, or one job of it, for an hour at most. */
  async browserToken(body: Pick<Schemas["TokenBody"], "ws_id"> & Partial<Schemas["TokenBody"]>): Promise<Schemas["Token"]> {
    return said(await this.api.POST("/v1/tokens", { body: body as Schemas["TokenBody"] }));
  }
}

function once(key: string | undefined): { header?: { "Idempotency-Key": string } } {
  return key === undefined ? {} : { header: { "Idempotency-Key": key } };
}

async function whole<Row>(page: (after: { after?: string }) => Promise<{ items: Row[]; next: string | null }>): Promise<Row[]> {
  const found: Row[] = [];
  for (let after: { after?: string } | null = {}; after !== null; ) {
    const { items, next }: { items: Row[]; next: string | null } = await page(after);
    found.push(...items);
    after = next === null ? null : { after: next };
  }
  return found;
}

function said<T>(answer: { data?: T; error?: unknown; response: Response }): T {
  if (answer.data !== undefined) return answer.data;
  const body = (typeof answer.error === "object" && answer.error !== null ? answer.error : {}) as Record<string, unknown>;
  const text = (name: string): string | null => (typeof body[name] === "string" ? (body[name] as string) : null);
  const { status } = answer.response;
  throw new AlmanacProblem(status, text("code") ?? "unknown", text("detail") ?? `HTTP ${status}`, text("field"), body);
}
