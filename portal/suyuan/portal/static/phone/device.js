/* This phone as the server knows it: a key that cannot leave the browser, and requests signed with it. */

import { get, put } from "./store.js";

const LIFE_S = 240;
const TOLERANCE_MS = 30_000;
/** Nobody waits longer for an answer; a connection may die without a word. */
const PATIENCE_MS = 60_000;
const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const SIGN = { name: "ECDSA", hash: "SHA-256" };

/** What went wrong, by its stable code; `told` is the server's problem document, if there was one. */
export class Refused extends Error {
  /** @param {string} code @param {Record<string, any>} [told] */
  constructor(code, told = {}) {
    super(code);
    this.code = code;
    this.told = told;
  }
}

/**
 * @typedef {{key: CryptoKeyPair, device: string, name: string, party: string, place: string, audience: string,
 *   place_name: {zh: string, en: string}, party_name: {zh: string, en: string}, block_list_key: string,
 *   namespace?: string}} Self
 */

/** @type {Self | undefined} */
let self_;
let offset = 0;
/** Whether the last request reached the server. */
export let reached = navigator.onLine;

/** Whether this browser can hold a key: only over https, or on this very machine. */
export const able = () => Boolean(globalThis.crypto?.subtle && globalThis.indexedDB);

/** This phone's enrolment, or nothing. @returns {Promise<Self | undefined>} */
export async function load() {
  self_ = await get("self", "device");
  offset = (await get("self", "offset")) ?? 0;
  const about = await get("self", "about");
  if (self_ && about?.device === self_.device) Object.assign(self_, about);
  if (self_) await begin();
  return self_;
}

/** Take over what the platform calls this phone's place and company by now; without network, the next time. */
export async function learnOfSelf() {
  try {
    const told = await ask("/device");
    Object.assign(/** @type {Self} */ (self_), told);
    await put("self", told, "about"); // beside the key, which another page may be replacing just now
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  }
}

/** How far this phone's clock is ahead of the server's, in milliseconds; 0 if hardly. */
export const clockOffset = () => offset;

/** The time by the server's clock, as well as it is known. */
export const now = () => Date.now() - offset;

/**
 * Every run of the page has a name of its own, so that a copied phone is noticed; pages that are open side by
 * side share one.
 */
async function begin() {
  const locks = navigator.locks;
  if (!locks) {
    if (!(await get("self", "boot"))) await put("self", random(), "boot");
    return;
  }
  const held = (await locks.query()).held ?? [];
  if (!held.some((lock) => lock.name === "suyuan-page")) await put("self", random(), "boot");
  void locks.request("suyuan-page", { mode: "shared" }, () => new Promise(() => {}));
}

const random = () =>
  [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** @param {ArrayBuffer | Uint8Array} bytes */
function base64url(bytes) {
  const text = String.fromCharCode(...new Uint8Array(bytes));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** A compact JWS. @param {CryptoKey} key @param {string} type @param {string} payload */
async function sign(key, type, payload) {
  const encode = (/** @type {string} */ text) => base64url(new TextEncoder().encode(text));
  const signed = `${encode(JSON.stringify({ alg: "ES256", typ: type }))}.${encode(payload)}`;
  return `${signed}.${base64url(await crypto.subtle.sign(SIGN, key, new TextEncoder().encode(signed)))}`;
}

/**
 * Show the code, with a key made for it. The key is stored before the code is used up; a lost answer is asked
 * for again with the same key.
 * @param {string} code
 */
export async function enrol(code) {
  const before = await get("self", "pending");
  try {
    return await show(code, before ?? (await freshKey()));
  } catch (error) {
    // The answer to another code was lost, so the server has the key already: this code wants a new one.
    if (!before || !(error instanceof Refused) || error.code !== "device-key-in-use") throw error;
    return show(code, await freshKey());
  }
}

/** @returns {Promise<CryptoKeyPair>} */
async function freshKey() {
  const key = await crypto.subtle.generateKey(CURVE, false, ["sign", "verify"]);
  await put("self", key, "pending");
  return key;
}

/** @param {string} code @param {CryptoKeyPair} key */
async function show(code, key) {
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", key.publicKey);
  const body = { code, kind: "phone", public_key: { kty, crv, x, y },
    proof: await sign(key.privateKey, "suyuan-enrolment+jws", code) };
  const response = await send("/enrol", { method: "POST", body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", Accept: "application/json" } });
  const told = await answer(response);
  await put("self", { ...told, key }, "device");
  await put("self", null, "pending");
  await learn(Date.parse(told.server_time));
  await put("self", random(), "boot");
  await navigator.storage?.persist?.();
  return told;
}

/**
 * A signed request; where our clock was wrong it is sent again by the server's.
 * @param {string} path
 * @param {RequestInit} [options]
 * @returns {Promise<Response>} of a success or 304
 */
export async function request(path, options = {}) {
  for (let attempt = 0; ; attempt += 1) {
    const headers = { Accept: "application/json", ...options.headers, Authorization: `Bearer ${await token()}` };
    const response = await send(path, { ...options, headers });
    const changed = await learn(Date.parse(response.headers.get("Date") ?? ""));
    if (response.ok || response.status === 304) return response;
    const told = await problem(response);
    if (told.code === "clock-wrong" && attempt === 0) {
      if (changed || (await learn(Date.parse(told.server_time)))) continue;
    }
    throw new Refused(told.code ?? "server", told);
  }
}

/** The JSON of a signed request. @param {string} path @param {RequestInit} [options] */
export const ask = async (path, options) => answer(await request(path, options));

async function token() {
  const self = /** @type {Self} */ (self_);
  const issued = Math.floor(now() / 1000);
  const claims = { iss: self.device, aud: self.audience, iat: issued, exp: issued + LIFE_S,
    boot: await get("self", "boot"), skew: Math.round(offset / 1000) };
  return sign(self.key.privateKey, "suyuan-device+jwt", JSON.stringify(claims));
}

/** @param {string} path @param {RequestInit} options */
async function send(path, options) {
  try {
    const response = await fetch(path, { cache: "no-store", credentials: "omit", redirect: "error",
      signal: AbortSignal.timeout(PATIENCE_MS), ...options });
    reached = true;
    return response;
  } catch (error) {
    throw unanswered(error);
  }
}

/** What to say of a request, or of the body of an answer, that did not come. @param {unknown} error */
function unanswered(error) {
  reached = false;
  return new Refused(error instanceof DOMException && error.name === "TimeoutError" ? "slow" : "no-server");
}

/** The JSON of an answer. One that breaks off is as none; one that is no JSON is not from our server. @param {Response} response */
export async function json(response) {
  try {
    return await response.json();
  } catch (error) {
    throw error instanceof SyntaxError ? new Refused("server", { status: response.status }) : unanswered(error);
  }
}

/** Take over the server's clock where ours is more than half a minute off. @param {number} theirs */
async function learn(theirs) {
  if (!Number.isFinite(theirs)) return false;
  const ahead = Date.now() - theirs;
  const found = Math.abs(ahead) <= TOLERANCE_MS ? 0 : ahead;
  if (Math.abs(found - offset) <= (found === 0 ? 0 : TOLERANCE_MS)) return false;
  offset = found;
  await put("self", offset, "offset");
  return true;
}

/** @param {Response} response */
async function answer(response) {
  if (response.ok) return json(response);
  const told = await problem(response);
  throw new Refused(told.code ?? "server", told);
}

/** @param {Response} response @returns {Promise<Record<string, any>>} */
async function problem(response) {
  try {
    return await response.json();
  } catch {
    return { status: response.status };
  }
}
