/* What waits to be sent: kept before anything is called done, sent in order, again and again until it is there. */

import { all, put, remove } from "./store.js";
import { Refused, now, request } from "./device.js";
import { CONTEXT } from "./events.js";

const DOCUMENT = { "Content-Type": "application/json", "GS1-Capture-Error-Behaviour": "rollback",
  "GS1-EPCIS-Version": "2.0.0", "GS1-CBV-Version": "2.0.0" };
const JOB_LOOKS = 40;
/** Answers that speak of the document; any other refusal passes. */
const AT_FAULT = [400, 409, 413, 422];

/**
 * @typedef {{number?: number, action: string, count: number, at: number, events: Record<string, any>[],
 *   refused?: string}} Entry
 */

/** Store what was done; only when this returns may the screen say so. @param {string} action @param {number} count @param {Record<string, any>[]} events */
export const add = (action, count, events) =>
  put("queue", /** @type {Entry} */ ({ action, count, events, at: now() }));

/** Everything that waits, oldest first. @returns {Promise<Entry[]>} */
export const waiting = () => all("queue");

let sending = false;

/**
 * Send what waits, one action after the other, each as a document of its own: one that is refused stays, with
 * the reason, and holds up nothing else. Returns whether anything changed.
 */
export async function flush() {
  if (sending) return false;
  sending = true;
  let changed = false;
  try {
    for (const entry of await waiting()) {
      if (entry.refused) continue;
      const refused = await deliver(entry);
      if (refused) await put("queue", { ...entry, refused });
      else await remove("queue", /** @type {number} */ (entry.number));
      changed = true;
    }
  } finally {
    sending = false;
  }
  return changed;
}

/** Why an entry was refused for good, or nothing once it is stored. Throws where trying again may help. @param {Entry} entry */
async function deliver(entry) {
  const body = JSON.stringify({ "@context": CONTEXT, type: "EPCISDocument", schemaVersion: "2.0",
    creationDate: new Date(now()).toISOString(), epcisBody: { eventList: entry.events } });
  let response;
  try {
    response = await request("/capture", { method: "POST", body, headers: DOCUMENT });
  } catch (error) {
    if (error instanceof Refused && AT_FAULT.includes(error.told.status)) return error.told.detail ?? error.code;
    throw error;
  }
  const job = new URL(response.headers.get("Location") ?? "", location.href);
  for (let look = 0; look < JOB_LOOKS; look += 1) {
    const told = await (await request(job.pathname)).json();
    if (!told.running) return told.success ? undefined : (told.errors?.[0]?.detail ?? "?");
    await new Promise((resolve) => setTimeout(resolve, 50 * (look + 1)));
  }
  throw new Refused("server");
}
