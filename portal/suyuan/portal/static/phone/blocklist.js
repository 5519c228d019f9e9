/* The signed list of what must not be sold, kept for when the network is away. */

import { get, put } from "./store.js";
import { json, now, request } from "./device.js";

const OLD_MS = 15 * 60_000;

/**
 * @typedef {{keys: Record<string, {state: string, case: string, carries?: string}>, sequence: number,
 *   issued: string, etag: string, confirmed: number, verified: boolean, device: string, acknowledged?: number}} List
 */

/** @type {List | undefined} */
let list;
/** The last list that was fetched was not genuine. */
export let bad = false;

/**
 * Take up the list that was kept; its signature was looked at when it came. One of an earlier enrolment is
 * left: it may be another platform's, whose numbers count from elsewhere, and who acknowledged it was another.
 * @param {string} device
 */
export async function restore(device) {
  const kept = await get("kept", "block-list");
  list = kept?.device === device ? kept : undefined;
}

/** The list in use. */
export const current = () => list;

/** Milliseconds since the list was last known to be the newest; nothing without a list. */
export const age = () => (list ? Math.max(0, now() - list.confirmed) : undefined);

/** Whether the list is so old that notices on paper count more. */
export const isOld = () => (age() ?? 0) > OLD_MS;

/**
 * Why a thing must not go on, or nothing. Its lot counts too where its code tells it.
 * @param {import("./codes.js").Named} thing
 */
export function blocked(thing) {
  for (const key of [thing.key, thing.lotKey]) {
    const entry = key && list && Object.hasOwn(list.keys, key) ? list.keys[key] : undefined;
    if (entry) return entry;
  }
  return undefined;
}

/**
 * Fetch the list if it changed; keep it durably; then say so, since somebody waits for it.
 * @param {import("./device.js").Self} self
 */
export async function refresh({ device, block_list_key: publicKey }) {
  const headers = list?.etag ? { "If-None-Match": list.etag } : {};
  const response = await request("/blocklist", { headers });
  if (response.status === 304 && list) {
    list = { ...list, confirmed: now() };
  } else {
    const fresh = await verified(await json(response), publicKey);
    bad = !fresh;
    if (!fresh) return;
    if (list && fresh.sequence < list.sequence) return; // an old list would take a recall back
    list = { ...fresh, etag: response.headers.get("ETag") ?? "", confirmed: now(), device,
      acknowledged: list?.acknowledged };
  }
  await put("kept", list, "block-list");
  if (list.acknowledged === list.sequence) return;
  const { sequence } = list;
  await request("/blocklist/ack", { method: "POST", body: JSON.stringify({ sequence }),
    headers: { "Content-Type": "application/json" } });
  list = { ...list, acknowledged: sequence };
  await put("kept", list, "block-list");
}

/**
 * The list in an answer; nothing if its signature is wrong. `verified` is false where this browser cannot tell.
 * @param {{payload: string, signature: string}} told
 * @param {string} publicKey
 */
async function verified(told, publicKey) {
  const payload = bytes(told.payload);
  const genuine = await check(publicKey, bytes(told.signature), payload);
  if (genuine === false) return undefined;
  const { keys, sequence, issued } = JSON.parse(new TextDecoder().decode(payload));
  return { keys, sequence, issued, verified: genuine === true };
}

/** True, false, or nothing where the browser does not know Ed25519. */
async function check(/** @type {string} */ hex, /** @type {Uint8Array} */ signature, /** @type {Uint8Array} */ payload) {
  const raw = Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  let key;
  try {
    key = await crypto.subtle.importKey("raw", raw, { name: "Ed25519" }, false, ["verify"]);
  } catch {
    return undefined;
  }
  return crypto.subtle.verify({ name: "Ed25519" }, key, signature, payload);
}

/** @param {string} base64 */
const bytes = (base64) => Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
