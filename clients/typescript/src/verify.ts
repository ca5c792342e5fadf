// Standard Webhooks (https://www.standardwebhooks.com): is a body ours, and is it fresh? Web Crypto only.

/** The headers of a request: those of fetch, or of Node with names in lower case. */
export type WebhookHeaders = Headers | Readonly<Record<string, string | string[] | undefined>>;

const TOLERANCE_SECONDS = 300;

/** Return what a webhook says. Throws when it is not signed with `secret` (whsec_…), or is older than five minutes. */
export async function verifyWebhook<T = unknown>(
  body: string,
  headers: WebhookHeaders,
  secret: string,
  now: () => number = Date.now,
): Promise<T> {
  const sentAt = header(headers, "webhook-timestamp");
  const age = Math.abs(now() / 1000 - Number(sentAt));
  if (!(age <= TOLERANCE_SECONDS)) throw new Error("the webhook is too old, or of another time");
  const raw = bytes(secret.replace(/^whsec_/, ""));
  if (raw === undefined || raw.length === 0) throw new Error("the secret is none: it begins with whsec_");
  const key = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  const signed = new TextEncoder().encode(`${header(headers, "webhook-id")}.${sentAt}.${body}`);
  for (const each of header(headers, "webhook-signature").split(" ")) {
    const [version, text] = each.split(",");
    const signature = version === "v1" && text !== undefined ? bytes(text) : undefined;
    if (signature === undefined) continue; // of another version, or of somebody else
    if (await crypto.subtle.verify("HMAC", key, signature, signed)) return JSON.parse(body) as T;
  }
  throw new Error("the webhook is not signed with this secret");
}

function header(headers: WebhookHeaders, name: string): string {
  const value = headers instanceof Headers ? headers.get(name) : headers[name];
  if (typeof value !== "string") throw new Error(`the webhook has no ${name}`);
  return value;
}

function bytes(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  } catch {
    return undefined; // no base64
  }
}
