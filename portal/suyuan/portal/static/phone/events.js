/* What was done, as EPCIS 2.0 events (JSON form; steps and dispositions as in CBV 2.0 §7.1, §7.2). */

import { clockOffset, now } from "./device.js";

export const CONTEXT = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
  { suyuan: "https://ns.suyuan.example/" }];

/** Action -> business step and disposition; the same table as the server's form. */
const STEPS = {
  receive: ["receiving", "in_progress"],
  stock: ["stocking", "sellable_accessible"],
  sell: ["retail_selling", "retail_sold"],
  withdraw: ["removing", "sellable_not_accessible"],
};

/**
 * @typedef {{thing: import("./codes.js").Named, quantity?: number, uom?: string | null, basis: "read" | "typed"}} Line
 * @typedef {{key: string, kind: string, quantity: number | null, uom: string | null}} Content
 * @typedef {{missing: Content[], damaged: Content[], reason: string}} Exceptions
 */

/**
 * The event of an action upon some things at this phone's place.
 * @param {keyof typeof STEPS} action
 * @param {Line[]} lines
 * @param {import("./device.js").Self} self
 */
export function performed(action, lines, self) {
  const [bizStep, disposition] = STEPS[action];
  return { ...observed(lines, self), bizStep, disposition, ...place(self) };
}

/**
 * The events of a delivery that is not as announced. What is missing is told to be out of the unit before the
 * unit arrives, at no place: it did not come here. What is damaged came, and is told to be damaged.
 * @param {Line[]} lines the unit and what came beside it
 * @param {Exceptions} exceptions
 * @param {import("./device.js").Self} self
 */
export function receivedWithExceptions(lines, exceptions, self) {
  const unit = lines[0].thing.key;
  const why = (/** @type {string} */ kind) => ({ "suyuan:exception": { kind, reason: exceptions.reason } });
  const events = [];
  if (exceptions.missing.length) {
    const [epcs, amounts] = split(exceptions.missing);
    events.push({ ...head(self, 0, "typed"), type: "AggregationEvent", action: "DELETE", parentID: unit,
      childEPCs: epcs, ...(amounts.length ? { childQuantityList: amounts } : {}),
      bizStep: "unpacking", disposition: "unknown", ...why("missing") });
  }
  const [bizStep, disposition] = STEPS.receive;
  events.push({ ...observed(lines, self, 1), bizStep, disposition, ...place(self),
    ...(lines.length > 1 ? why("extra") : {}) });
  if (exceptions.damaged.length) {
    const [epcs, amounts] = split(exceptions.damaged);
    events.push({ ...head(self, 2, "typed"), type: "ObjectEvent", action: "OBSERVE", epcList: epcs,
      ...(amounts.length ? { quantityList: amounts } : {}),
      bizStep: "inspecting", disposition: "damaged", ...place(self), ...why("damaged") });
  }
  return events;
}

/**
 * A delivery that is sent away: it leaves from the door, was never in the shop, and has no business location.
 * @param {Line[]} lines
 * @param {string} reason
 * @param {import("./device.js").Self} self
 */
export function rejected(lines, reason, self) {
  return { ...observed(lines, self), bizStep: "departing", disposition: "returned",
    readPoint: { id: self.place }, "suyuan:exception": { kind: "rejected", reason } };
}

/**
 * The same events declared wrong, for undoing them (EPCIS 2.0 §7.4.1.4).
 * @param {Record<string, any>[]} events
 */
export function declaredWrong(events) {
  const declarationTime = local(now());
  return events.map((event) => ({ ...event, errorDeclaration: { declarationTime, reason: "did_not_occur" } }));
}

/** @param {Line[]} lines @param {import("./device.js").Self} self @param {number} [later] */
function observed(lines, self, later = 0) {
  const typed = lines.some((line) => line.basis === "typed");
  const [epcs, amounts] = split(lines.map(({ thing, quantity, uom }) =>
    ({ key: thing.key, kind: thing.kind, quantity: quantity ?? null, uom: uom ?? null })));
  return { ...head(self, later, typed ? "typed" : "read"), type: "ObjectEvent", action: "OBSERVE", epcList: epcs,
    ...(amounts.length ? { quantityList: amounts } : {}) };
}

/**
 * @param {import("./device.js").Self} self
 * @param {number} later milliseconds after now, where the order of events matters
 * @param {"read" | "typed"} basis
 */
function head(self, later, basis) {
  const time = now() + later;
  const ahead = Math.round(clockOffset() / 1000);
  return { eventID: `urn:uuid:${crypto.randomUUID()}`, eventTime: local(time), eventTimeZoneOffset: zone(time),
    "suyuan:station": self.device, "suyuan:basis": basis,
    // This phone's clock was wrong by so many seconds; the time above is corrected by that.
    ...(ahead ? { "suyuan:clockSkew": ahead } : {}) };
}

/** @param {import("./device.js").Self} self */
const place = (self) => ({ readPoint: { id: self.place }, bizLocation: { id: self.place } });

/** @param {Content[]} things @returns {[string[], object[]]} */
function split(things) {
  const lots = things.filter((thing) => thing.kind === "lot" || thing.kind === "product");
  const amounts = lots.map(({ key, quantity, uom }) =>
    ({ epcClass: key, ...(quantity === null ? {} : { quantity }), ...(uom ? { uom } : {}) }));
  return [things.filter((thing) => !lots.includes(thing)).map((thing) => thing.key), amounts];
}

/** The offset of this phone's zone at a time, as EPCIS writes it. @param {number} time */
function zone(time) {
  const minutes = -new Date(time).getTimezoneOffset();
  const pad = (/** @type {number} */ value) => String(Math.floor(value)).padStart(2, "0");
  return `${minutes < 0 ? "-" : "+"}${pad(Math.abs(minutes) / 60)}:${pad(Math.abs(minutes) % 60)}`;
}

/** RFC 3339 with this phone's offset. @param {number} time */
function local(time) {
  const shifted = new Date(time - new Date(time).getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, -1) + zone(time);
}
