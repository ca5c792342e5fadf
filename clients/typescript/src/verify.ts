// Standard Webhooks (https://www.standardwebhooks.com): is a body ours, and is it fresh? Web Crypto only.

export interface WebhookHeaders {
  "webhook-id": string;
  "webhook-timestamp": string;
  "webhook-signature": string;
}

const TOLERANCE_SECONDS = 300;

/** Return what a webhook says. Throws when it is not signed with `secret` (whsec_…), or is older than five minutes. */
export async function verifyWebhook<T = unknown>(
  body: string,
  headers: WebhookHeaders,
  secret: string,
  now: () => number = Date.now,
): Promise<T> {
  const age = Math.abs(now() / 1000 - Number(headers["webhook-timestamp"]));
  if (!(age <= TOLERANCE_SECONDS)) throw new Error("the webhook is too old, or of another time");
  const raw = Uint8Array.from(atob(secret.replace(/^whsec_/, "")), (letter) => letter.charCodeAt(0));
  const key = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  const signed = new TextEncoder().encode(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`);
  for (const each of headers["webhook-signature"].split(" ")) {
    const [version, text] = each.split(",");
    if (version !== "v1" || text === undefined) continue;
    const signature = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    if (await crypto.subtle.verify("HMAC", key, signature, signed)) return JSON.parse(body) as T;
  }
  throw new Error("the webhook is not signed with this secret");
}
