/* What waits to be sent: kept before anything is called done, sent again and again until it is there. */

import { all, put, remove } from "./store.js";
import { Refused, json, now, request } from "./device.js";
import { CONTEXT } from "./events.js";

const HEADERS = { "Content-Type": "application/json", "GS1-Capture-Error-Behaviour": "rollback",
  "GS1-EPCIS-Version": "2.0.0", "GS1-CBV-Version": "2.0.0" };
const JOB_LOOKS = 40;
/** Problems of these statuses speak of the document; any other answer passes. */
const AT_FAULT = [400, 409, 413, 422];
/** These speak of this phone: whatever else waits would be answered alike. */
const OF_US = [401, 403];
const FIRST_PAUSE_MS = 15_000;
const LONGEST_PAUSE_MS = 10 * 60_000;
const MOST_FAULTS = 3;

/**
 * What was done, with who this phone was then: it is told in the name of that party, and of no other.
 * @typedef {{number?: number, device: string, name: string, party: string, party_name: {zh: string, en: string},
 *   action: string, count: number, at: number, events: Record<string, any>[],
 *   refused?: {code: string, detail: string}, filed?: number}} Entry
 * @typedef {{waiting: Entry[], refused: Entry[], filed: Entry[], apart: Entry[]}} Sorted
 */

/**
 * Store what was done; only when this returns may the screen say so.
 * @param {import("./device.js").Self} self @param {string} action @param {number} count @param {Record<string, any>[]} events
 */
export function add({ device, name, party, party_name }, action, count, events) {
  return put("queue", /** @type {Entry} */ ({ device, name, party, party_name, action, count, events, at: now() }));
}

/**
 * Everything that is kept, oldest first: what waits, what was refused, refusals that somebody has read, and
 * what was recorded while this phone was enrolled for another party.
 * @param {import("./device.js").Self} self
 * @returns {Promise<Sorted>}
 */
export async function sorted({ party }) {
  /** @type {Sorted} */
  const kept = { waiting: [], refused: [], filed: [], apart: [] };
  for (const entry of /** @type {Entry[]} */ (await all("queue"))) {
    const where = entry.filed ? "filed" : entry.refused ? "refused" : entry.party === party ? "waiting" : "apart";
    kept[where].push(entry);
  }
  return kept;
}

/** Somebody has read why an entry was refused: it stays, out of the way. @param {Entry} entry */
export const file = (entry) => put("queue", { ...entry, filed: now() });

/** Throw entries away; nobody but who recorded them may want this. @param {Entry[]} entries */
export async function discard(entries) {
  for (const entry of entries) await remove("queue", /** @type {number} */ (entry.number));
}

/** Entries as one document, as `/capture` takes it. @param {Entry[]} entries */
export function documentOf(entries) {
  return JSON.stringify({ "@context": CONTEXT, type: "EPCISDocument", schemaVersion: "2.0",
    creationDate: new Date(now()).toISOString(), epcisBody: { eventList: entries.flatMap((entry) => entry.events) } });
}

let sending = false;
/** @type {Map<number, {faults: number, until: number}>} what the server could not take, by number */
const putOff = new Map();

/** Try everything again at once: the network is back. */
export const hurry = () => putOff.clear();

/**
 * Send what waits in this party's name, one action after the other, each as a document of its own. One that is
 * refused stays, with the reason; one that the server cannot take now is tried later, ever more seldom; neither
 * holds up the rest.
 * @param {import("./device.js").Self} self
 */
export async function flush(self) {
  if (sending) return;
  sending = true;
  let faults = 0;
  try {
    for (const entry of (await sorted(self)).waiting) {
      const number = /** @type {number} */ (entry.number);
      if ((putOff.get(number)?.until ?? 0) > Date.now()) continue;
      try {
        const refused = await deliver(entry);
        if (refused) await put("queue", { ...entry, refused });
        else await remove("queue", number);
        putOff.delete(number);
      } catch (error) {
        if (!isFault(error)) throw error;
        later(number);
        faults += 1;
        if (faults === MOST_FAULTS) break; // it is the server, not what it is sent
      }
    }
  } finally {
    sending = false;
  }
  if (putOff.size) throw new Refused("later");
}

/** Whether the server failed at this one thing; without network, or shut out, all must wait. @param {unknown} error */
const isFault = (error) =>
  error instanceof Refused && error.code !== "no-server" && !OF_US.includes(error.told.status);

/** @param {number} number */
function later(number) {
  const faults = (putOff.get(number)?.faults ?? 0) + 1;
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** (faults - 1), LONGEST_PAUSE_MS) * (0.8 + 0.4 * Math.random());
  putOff.set(number, { faults, until: Date.now() + pause });
}

/** Why an entry was refused for good, or nothing once it is stored. Throws where trying again may help. @param {Entry} entry */
async function deliver(entry) {
  let response;
  try {
    response = await request("/capture", { method: "POST", body: documentOf([entry]), headers: HEADERS });
  } catch (error) {
    const told = error instanceof Refused ? error.told : {};
    if (told.code && AT_FAULT.includes(told.status)) return { code: told.code, detail: told.detail ?? "" };
    throw error;
  }
  const location = response.headers.get("Location");
  if (!location) throw new Refused("server"); // somebody between us and the server answered
  const { pathname } = new URL(location, globalThis.location.href);
  for (let look = 0; look < JOB_LOOKS; look += 1) {
    const told = await json(await request(pathname));
    if (told.success === true) return undefined;
    if (told.running === false) return verdictOf(told);
    await new Promise((resolve) => setTimeout(resolve, 50 * (look + 1)));
  }
  throw new Refused("slow");
}

/** What a failed job says of the document; a failure of the server's own is no refusal. @param {Record<string, any>} job */
function verdictOf({ errors = [] }) {
  const [wrong] = errors.filter((/** @type {{status?: number}} */ error) => AT_FAULT.includes(error.status ?? 0));
  if (!wrong) throw new Refused("server");
  return { code: wrong.code ?? "", detail: wrong.detail ?? "" };
}
