/* The page of a shop that works with a phone: receive, shelve, sell, withdraw, look up; with or without network. */

import * as blocklist from "./blocklist.js";
import { CodeWrong, amount, lotOf, ofServer, read } from "./codes.js";
import * as device from "./device.js";
import { declaredWrong, performed, receivedWithExceptions, rejected } from "./events.js";
import * as kept from "./kept.js";
import { at, button, make } from "./page.js";
import * as queue from "./queue.js";
import * as scan from "./scan.js";
import { either, knows, number, say } from "./words.js";

const BEAT_MS = 15_000;
const CHECK_MS = 4000;
const WEB = /^\s*https?:\/\//i;
const MOST_LINES = 200;

/** @typedef {import("./events.js").Line} Line */
/** @typedef {{verdict: "sell" | "stop" | "cannot-decide", why: string, facts: [string, string][]}} Answer */

/** @type {device.Self} */
let self;
/** @type {string} */
let action = "";
/** @type {Line[]} */
let lines = [];
/** @type {{thing: import("./codes.js").Named, basis: "read" | "typed"} | undefined} */
let found;
/** @type {import("./events.js").Content[] | undefined} what the delivery in hand should hold */
let expected;
/** @type {Record<string, any>[]} the events of the last action, for undoing them */
let last = [];
let asked = 0;
/** @type {AbortController | undefined} */
let camera;

// What is on the screen

/** @param {"home" | "work" | "done" | "unenrolled" | "stopped"} view */
function show(view) {
  for (const section of document.querySelectorAll("[data-view]")) {
    /** @type {HTMLElement} */ (section).hidden = section.getAttribute("data-view") !== view;
  }
  if (view === "work") at("code").focus();
  else document.querySelector(`[data-view="${view}"] h1`)?.focus();
}

/** @param {string} code @param {Record<string, any>} [told] */
function sentence(code, told = {}) {
  return knows(`error.${code}`) ? say(`error.${code}`, told) : knows(code) ? say(code) : (told.detail ?? say("error.server"));
}

/** Say what went wrong, beside the input. @param {unknown} error */
function tell(error) {
  const known = error instanceof device.Refused || error instanceof CodeWrong;
  if (error instanceof device.Refused && shutOut(error)) return;
  at("fault").textContent = known
    ? sentence(error.code, error instanceof device.Refused ? error.told : {})
    : say("error.not-stored");
  at("fault").hidden = false;
}

/** A phone that the server shuts out says so on the whole screen. @param {device.Refused} error */
function shutOut(error) {
  if (!["device-revoked", "device-doubled", "device-unknown"].includes(error.code)) return false;
  at("stopped-why").textContent = sentence(error.code, error.told);
  show("stopped");
  void status();
  return true;
}

// Network, queue, block list and clock: at the foot of every screen

async function status() {
  const entries = await queue.sorted(self);
  const list = blocklist.current();
  at("network").textContent = say(device.reached ? "state.online" : "state.offline");
  at("network").dataset.on = String(device.reached);
  at("depth").textContent = say("state.queue", { n: entries.waiting.length });
  at("list").textContent = listState(list);
  at("list").dataset.warn = String(!list || !list.verified || blocklist.isOld() || blocklist.bad);
  const ahead = Math.round(device.clockOffset() / 1000);
  at("clock").hidden = ahead === 0;
  at("clock").textContent = say("state.clock", { seconds: Math.abs(ahead) });
  kept.draw(entries, self, status);
}

/** @param {ReturnType<typeof blocklist.current>} list */
function listState(list) {
  if (!list) return say("state.list-none");
  const minutes = Math.floor((blocklist.age() ?? 0) / 60_000);
  const told = [say(blocklist.isOld() ? "state.list-old" : "state.list", { age: say("time.ago", { n: number(minutes) }) })];
  if (blocklist.bad) told.push(say("state.list-bad"));
  else if (!list.verified) told.push(say("state.list-unverified"));
  return told.join(" · ");
}

/**
 * Send what waits and fetch the list, neither held up by the other; whatever fails here is told and tried again
 * with the next beat.
 */
async function beat() {
  const ended = await Promise.allSettled([blocklist.refresh(self), queue.flush(self)]);
  const [trouble = ""] = ended.flatMap((one) => (one.status === "rejected" ? troubles(one.reason) : []));
  at("trouble").textContent = trouble;
  at("trouble").hidden = !trouble;
  await status();
}

/** What is to be said of a failed beat: no network is no trouble, it is said at the foot. @param {unknown} error */
function troubles(error) {
  if (!(error instanceof device.Refused)) return [say("error.not-stored")];
  return shutOut(error) || error.code === "no-server" ? [] : [sentence(error.code, error.told)];
}

// Looking at a thing

/** @param {string} text @param {"read" | "typed"} basis */
async function take(text, basis) {
  at("fault").hidden = true;
  at("found").replaceChildren();
  found = undefined;
  let thing;
  try {
    thing = read(text, self.namespace);
  } catch (error) {
    if (!(error instanceof CodeWrong && error.code === "not-goods" && WEB.test(text))) {
      tell(error);
      return;
    }
  }
  const number_ = (asked += 1);
  try {
    thing ??= await behind(text);
  } catch (error) {
    if (number_ === asked) tell(error);
    return;
  }
  if (number_ !== asked) return;
  at("code").value = "";
  const answer = await answered(thing, text);
  if (number_ !== asked) return; // another scan came meanwhile
  found = { thing, basis };
  const whole = thing.kind === "item" || thing.kind === "unit";
  const fits = answer.verdict === "sell" || action === "withdraw";
  if (action === "receive" && thing.kind === "unit" && lines.length === 0 && answer.verdict !== "stop") await delivery();
  else if (action !== "look-up" && whole && fits) addLine({ thing, basis });
  card(thing, answer, fits);
}

/** What a link means that may be short: only the server can say. @param {string} text */
async function behind(text) {
  try {
    return ofServer((await device.ask(checking(text), { signal: AbortSignal.timeout(CHECK_MS) })).object);
  } catch (error) {
    if (error instanceof device.Refused && !error.told.status) throw new CodeWrong("short-link");
    if (error instanceof device.Refused && error.told.status === 400) throw new CodeWrong("not-goods");
    throw error;
  }
}

/** @param {string} text */
const checking = (text) => `/api/check?code=${encodeURIComponent(text)}`;

/** What the server says, or the block list where it is away. @param {import("./codes.js").Named} thing @param {string} text @returns {Promise<Answer>} */
async function answered(thing, text) {
  try {
    const told = await device.ask(checking(text), { signal: AbortSignal.timeout(CHECK_MS) });
    const { object } = told;
    const lots = (told.lots ?? []).map((/** @type {{lot: string}} */ lot) => lot.lot).join(", ");
    /** @type {[string, string][]} */
    const facts = [["product", either(object.name)], ["lot", object.lot ?? ""], ["last-day", object.last_day ?? ""],
      ["serial", object.serial ?? ""], ["stopped-lots", lots]];
    return { verdict: told.verdict, why: why(told), facts };
  } catch (error) {
    if (!(error instanceof device.Refused)) throw error;
    if (error.told.status === 400) return { verdict: "cannot-decide", why: sentence(error.code, error.told), facts: [] };
    shutOut(error);
    return offline(thing);
  }
}

/** The till speaks of selling; what may go on is told in the words of the step in hand. @param {Record<string, any>} told */
function why({ verdict, reason }) {
  const may = say(`may.${action}`);
  if (verdict === "sell" && reason.code === "fine") return may;
  return reason.code === "no-lot-stopped" ? say("no-lot-stopped", { may }) : either(reason);
}

/** @param {import("./codes.js").Named} thing @returns {Answer} */
function offline(thing) {
  const entry = blocklist.blocked(thing);
  const list = blocklist.current();
  /** @type {[string, string][]} */
  const facts = [["lot", thing.lot ?? ""], ["serial", thing.serial ?? ""], ["code", thing.gtin ?? thing.sscc ?? ""]];
  const age = say("time.ago", { n: number(Math.floor((blocklist.age() ?? 0) / 60_000)) });
  if (entry) return { verdict: "stop", why: say(`offline.${entry.carries ? "carries" : entry.state}`, { case: entry.case }), facts };
  if (!list) return { verdict: "cannot-decide", why: say("offline.no-list"), facts };
  const some = thing.kind === "product" && Object.keys(list.keys).some((key) => key.startsWith(`${thing.key}/`));
  if (some) return { verdict: "cannot-decide", why: say("offline.none"), facts };
  return { verdict: "sell", why: say("offline.fine", { age }), facts };
}

/** The thing with its verdict, and what can be done with it. @param {import("./codes.js").Named} thing @param {Answer} answer @param {boolean} fits */
function card(thing, answer, fits) {
  const facts = answer.facts.filter(([, value]) => value).map(([name, value]) =>
    make("div", {}, make("dt", {}, say(`fact.${name}`)), make("dd", {}, make("bdi", {}, value))));
  const added = lines.some((line) => line.thing === thing);
  at("found").replaceChildren(make("section", { className: `told told-${answer.verdict}` },
    make("h2", {}, `${say(`verdict.${answer.verdict}`)} · ${say(`kind.${thing.kind}`)}`),
    make("p", { className: "why" }, answer.why), make("dl", { className: "facts" }, ...facts)));
  if (action === "look-up" || added || expected) return;
  if (answer.verdict === "stop" && !fits) return; // nothing to press: the goods stay here
  const loose = thing.kind === "lot" || thing.kind === "product";
  at("found").firstChild.append(loose ? amountForm(thing, answer, fits) : addButton(answer, fits, () => true));
}

/** @param {Answer} answer @param {boolean} fits @param {() => boolean | Promise<boolean>} ready */
function addButton(answer, fits, ready) {
  const add = button(say(fits || answer.verdict === "sell" ? "add" : "add-anyway"), async () => {
    if (found && (await ready())) {
      addLine(found);
      add.remove();
      at("code").focus();
    }
  });
  return add;
}

/** Lot and amount of loose goods. @param {import("./codes.js").Named} thing @param {Answer} answer @param {boolean} fits */
function amountForm(thing, answer, fits) {
  const field = (/** @type {string} */ id, /** @type {any} */ control) =>
    make("div", { className: "field" }, make("label", { htmlFor: id }, say(id)), control);
  const lot = make("input", { id: "lot-code", autocomplete: "off", maxLength: 40 });
  const much = make("input", { id: "quantity", inputMode: "decimal", autocomplete: "off", maxLength: 12 });
  const uom = make("select", { id: "uom", ariaLabel: say("quantity") },
    make("option", { value: "KGM" }, say("uom.KGM")), make("option", { value: "" }, say("uom.pieces")));
  const fault = make("p", { className: "fault", hidden: true });
  fault.setAttribute("role", "alert");
  const ready = async () => {
    const quantity = amount(much.value);
    const wrong = (/** @type {any} */ input, /** @type {string} */ word) => {
      fault.textContent = say(word);
      fault.hidden = false;
      input.setAttribute("aria-invalid", "true");
      input.focus();
      return false;
    };
    if (quantity === null || (!uom.value && !Number.isInteger(quantity))) return wrong(much, "quantity.bad");
    let named = thing;
    if (thing.kind === "product") {
      try {
        named = lotOf(thing, lot.value);
      } catch {
        return wrong(lot, "lot.bad");
      }
      const number_ = (asked += 1);
      add.disabled = true;
      const ofLot = await answered(named, named.key); // of the product alone little could be said
      add.disabled = false;
      if (number_ !== asked) return false; // something else was scanned meanwhile
      if (ofLot.verdict === "stop" && action !== "withdraw") {
        card(named, ofLot, false);
        return false;
      }
    }
    found = /** @type {any} */ ({ thing: named, basis: "typed", quantity, uom: uom.value || null });
    return true;
  };
  const add = addButton(answer, fits, ready);
  for (const input of [lot, much]) {
    input.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Enter") add.click();
    });
  }
  return make("div", { className: "stack" }, ...(thing.kind === "product" ? [field("lot-code", lot)] : []),
    make("div", { className: "measure" }, field("quantity", much), uom), fault, add);
}

// What is in hand

/** @param {Line} line */
function addLine(line) {
  if (lines.some((other) => other.thing.key === line.thing.key) || lines.length >= MOST_LINES) return;
  lines.push(line);
  navigator.vibrate?.(60);
  listLines();
}

function listLines() {
  at("lines").replaceChildren(...lines.map((line) => {
    const remove = button("✕", () => {
      lines = lines.filter((other) => other !== line);
      if (lines.length === 0) expected = undefined;
      listLines();
      contents();
      at("code").focus();
    }, "quiet");
    remove.ariaLabel = `${say("remove")} ${code(line)}`;
    const much = line.quantity === undefined ? "" : ` · ${number(line.quantity)} ${say(`uom.${line.uom ?? "pieces"}`)}`;
    return make("li", {}, make("span", {}, `${say(`kind.${line.thing.kind}`)} `, make("bdi", { className: "code" }, code(line)), much), remove);
  }));
  at("finish").textContent = say("finish", { n: lines.length });
  at("finish").hidden = lines.length === 0 || Boolean(expected);
}

/** @param {Line} line */
const code = (line) => line.thing.serial ?? line.thing.sscc ?? line.thing.lot ?? line.thing.key.split("/").at(-1) ?? "";

// A delivery by its SSCC

async function delivery() {
  const { thing, basis } = /** @type {any} */ (found);
  let told;
  try {
    told = await device.ask(`/phone/expected?code=${encodeURIComponent(thing.key)}`, { signal: AbortSignal.timeout(CHECK_MS) });
  } catch (error) {
    if (!(error instanceof device.Refused)) throw error;
    if (error.told.status >= 400 && error.told.status < 500) { // it has an answer: not to be received here
      tell(error);
      return;
    }
  }
  expected = told?.contents ?? [];
  addLine({ thing, basis });
  contents(told ? (expected?.length ? "" : "expected.none") : "expected.offline");
}

/** @param {string} [note] */
function contents(note = "") {
  at("delivery").hidden = !expected;
  if (!expected) return;
  at("contents-note").textContent = note ? say(note) : say("expected", { n: expected.length });
  at("contents").replaceChildren(...expected.map((/** @type {any} */ content, index) => {
    const id = `content-${index}`;
    const choice = make("select", { id }, ...["ok", "missing", "damaged"].map((word) =>
      make("option", { value: word }, say(`expected.${word}`))));
    choice.addEventListener("change", acceptance);
    const much = content.quantity === null ? "" : ` · ${number(content.quantity)} ${say(`uom.${content.uom ?? "pieces"}`)}`;
    return make("li", {}, make("label", { htmlFor: id }, either(content.name), " ", make("bdi", { className: "code" }, content.code), much), choice);
  }));
  acceptance();
  listLines();
}

/** @param {string} state */
const chosen = (state) => (expected ?? []).filter((_, index) => at(`content-${index}`)?.value === state);

/** The button says what it will say; a reason is asked for where something is not as announced. */
function acceptance() {
  const exceptions = chosen("missing").length + chosen("damaged").length + Math.max(0, lines.length - 1) > 0;
  at("accept").textContent = say(exceptions ? "accept-exception" : "accept");
  at("reason-field").hidden = !exceptions && !at("reject").dataset.asked;
}

/** Whether a reason that is asked for was chosen; nobody's goods are told broken for a reason nobody gave. */
function reasoned() {
  const missing = !at("reason-field").hidden && !at("reason").value;
  at("reason").setAttribute("aria-invalid", String(missing));
  at("fault").hidden = !missing;
  if (missing) {
    at("fault").textContent = say("reason.missing");
    at("reason").focus();
  }
  return !missing;
}

async function accept() {
  if (!reasoned()) return;
  const exceptions = { missing: chosen("missing"), damaged: chosen("damaged"), reason: at("reason").value };
  await finish("receive", "receive", receivedWithExceptions(lines, exceptions, self));
}

async function reject() {
  if (!at("reject").dataset.asked) {
    at("reject").dataset.asked = "yes";
    at("reject").textContent = say("reject.why");
    acceptance();
    at("reason").focus();
    return;
  }
  if (!reasoned()) return;
  await finish("receive", "reject", [rejected(lines, at("reason").value, self)]);
}

// Done, and undone

/** Store, and only then say so. @param {string} kind @param {string} word @param {Record<string, any>[]} events */
async function finish(kind, word, events) {
  for (const id of ["finish", "accept", "reject", "undo"]) at(id).disabled = true;
  try {
    await queue.add(self, kind, lines.length, events);
  } catch {
    tell(undefined); // the disk did not take it: nothing was done
    return;
  } finally {
    for (const id of ["finish", "accept", "reject", "undo"]) at(id).disabled = false;
  }
  last = word === "undo" ? [] : events;
  at("done-word").textContent = say(`done.${word}`, { n: lines.length });
  at("undo").hidden = last.length === 0;
  show("done");
  navigator.vibrate?.([60, 60, 60]);
  await status();
  void beat();
}

/** @param {string} wanted */
function begin(wanted) {
  action = wanted;
  lines = [];
  found = expected = undefined;
  delete at("reject").dataset.asked;
  at("reason").value = "";
  at("reason").removeAttribute("aria-invalid");
  at("reject").textContent = say("reject");
  at("action").textContent = say(`action.${action}`);
  at("fault").hidden = true;
  at("found").replaceChildren();
  contents();
  listLines();
  show("work");
}

function home() {
  camera?.abort();
  show("home");
}

async function useCamera() {
  camera?.abort();
  camera = new AbortController();
  at("viewer").hidden = false;
  try {
    const text = await scan.look(at("video"), camera.signal);
    if (text) await take(text, "read");
  } catch (error) {
    tell(error);
  } finally {
    at("viewer").hidden = true;
  }
}

async function usePhoto() {
  const [photo] = at("photo").files;
  at("photo").value = "";
  if (!photo) return;
  at("reading").hidden = false;
  try {
    for (const text of await scan.photographed(photo)) await take(text, "read");
  } catch (error) {
    tell(error);
  } finally {
    at("reading").hidden = true;
  }
}

function listen() {
  for (const tile of document.querySelectorAll("[data-action]")) {
    tile.addEventListener("click", () => begin(tile.getAttribute("data-action") ?? ""));
  }
  at("scan").addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    void take(at("code").value, "typed");
  });
  at("finish").addEventListener("click", () => finish(action, action, [performed(/** @type {any} */ (action), lines, self)]));
  at("accept").addEventListener("click", accept);
  at("reject").addEventListener("click", reject);
  at("cancel").addEventListener("click", home);
  at("home").addEventListener("click", home);
  at("again").addEventListener("click", () => begin(action));
  at("undo").addEventListener("click", () => finish(action, "undo", declaredWrong(last)));
  at("camera").hidden = !scan.live();
  at("camera").addEventListener("click", useCamera);
  at("stop-camera").addEventListener("click", () => camera?.abort());
  at("photo").addEventListener("change", usePhoto);
  document.addEventListener("keydown", (event) => {
    // A scanner types wherever the focus is: what it types belongs into the box.
    const typing = document.activeElement?.matches("input, select, textarea, button, a, summary");
    if (event.key.length === 1 && !typing && !at("work").hidden) at("code").focus();
  });
  addEventListener("online", () => { queue.hurry(); void beat(); });
  addEventListener("offline", () => void status());
  document.addEventListener("visibilitychange", () => { if (!document.hidden) void beat(); });
  setInterval(() => void beat(), BEAT_MS);
}

async function start() {
  void navigator.serviceWorker?.register("/phone/worker.js", { scope: "/phone" });
  const known = device.able() ? await device.load() : undefined;
  if (!known) {
    at("unenrolled-why").textContent = device.able() ? "" : say("error.no-crypto");
    show("unenrolled");
    return;
  }
  self = known;
  at("who").textContent = [either(self.place_name), self.name].filter(Boolean).join(" · ");
  await blocklist.restore(self.device);
  listen();
  await status();
  show("home");
  await beat();
  await device.learnOfSelf();
}

await start();
