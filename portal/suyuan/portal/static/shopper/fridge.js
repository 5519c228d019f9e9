/* My fridge: sorted by days left, asked about once when it is opened. The server learns the codes, nothing else. */

import { daysLeft, imported, load, read, save, today } from "./shelf.js";
import { byId, kept, say, tell } from "./speech.js";

const AT_ONCE = 50; // codes in one question
const SEND_MS = 20_000;
const LARGEST_FILE = 1024 * 1024;
const URGENT = new Set(["recalled", "destroyed", "suspicious", "held", "withdrawn", "expired", "resold"]);
const chinese = document.documentElement.lang.startsWith("zh");

/** @typedef {import("./shelf.js").Kept} Kept */

/** @type {Kept[]} */
let shelf = load();

/** @param {string} name @param {string} [text] @param {string} [kind] */
function element(name, text = "", kind = "") {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

/** What stops first, then by days left; what has no date last. @param {Kept} one */
const rank = (one) => [URGENT.has(one.state ?? "") ? 0 : 1, daysLeft(one.lastDay, today()) ?? Infinity];

function show() {
  shelf.sort((a, b) => {
    const [stopA, daysA] = rank(a);
    const [stopB, daysB] = rank(b);
    return stopA - stopB || daysA - daysB || a.link.localeCompare(b.link);
  });
  byId("shelf").replaceChildren(...shelf.map(row));
  byId("empty").hidden = shelf.length > 0;
  byId("keep").hidden = false;
  byId("export").hidden = byId("clear").hidden = shelf.length === 0;
}

/** @param {Kept} one */
function row(one) {
  const sign = byId("signs").querySelector(`[data-state="${CSS.escape(one.state || "unknown")}"]`);
  const line = element("li", "", `card kept tone-${sign?.getAttribute("data-tone") ?? "unknown"}`);
  const name = element("h2");
  const page = element("a", (chinese ? one.zh || one.en : one.en || one.zh) || one.link);
  page.setAttribute("href", kept(`/p${one.link}`));
  name.append(page);
  const state = element("p", "", "state");
  if (one.state && sign) state.append(...[...sign.cloneNode(true).childNodes]);
  else state.textContent = say("unchecked");
  line.append(name, state);
  const why = chinese ? one.zhWhy : one.enWhy;
  if (why && URGENT.has(one.state ?? "")) line.append(element("p", why, "why"));
  for (const number of one.recalls ?? []) {
    const notice = element("a", say("open", { number }));
    notice.setAttribute("href", kept(`/recalls/${encodeURIComponent(number)}`));
    const around = element("p");
    around.append(notice);
    if (/^R\d{4}-\d+$/.test(number) && one.state === "recalled") line.append(around);
  }
  const meta = element("p", "", "under meta");
  if (one.lot) meta.append(element("span", say("lot", { lot: one.lot })));
  if (one.state && one.checked) {
    const time = new Date(one.checked).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
    meta.append(element("span", say("checked-at", { time })));
  }
  line.append(element("p", days(one), "days-left"), meta);
  const away = element("button", say("remove"), "quiet");
  away.setAttribute("type", "button");
  away.setAttribute("aria-label", `${say("remove")} ${page.textContent}`);
  away.addEventListener("click", () => remove(one));
  line.append(away);
  return line;
}

/** @param {Kept} one */
function days(one) {
  const left = daysLeft(one.lastDay, today());
  if (left === null) return say("no-date");
  if (left === 0) return say("today");
  return left > 0 ? say("days-left", { n: left, day: one.lastDay }) : say("over", { n: -left, day: one.lastDay });
}

/** @param {Kept} one */
function remove(one) {
  const before = shelf;
  change(shelf.filter((other) => other.link !== one.link));
  tell(`${say("removed")} `);
  const undo = element("button", say("undo"), "quiet");
  undo.setAttribute("type", "button");
  undo.addEventListener("click", () => { change(before); tell(""); });
  byId("told").append(undo);
  undo.focus();
}

/** @param {Kept[]} next */
function change(next) {
  try {
    save(next);
  } catch {
    tell(say("no-store"));
    return;
  }
  shelf = next;
  show();
}

async function check() {
  if (!shelf.length) return;
  tell(say("checking"));
  const answers = new Map();
  try {
    for (let at = 0; at < shelf.length; at += AT_ONCE) {
      const codes = shelf.slice(at, at + AT_ONCE).map((one) => one.link);
      const response = await fetch("/api/verdicts", {
        method: "POST", body: JSON.stringify({ codes }), headers: { "Content-Type": "application/json" },
        credentials: "omit", referrerPolicy: "no-referrer", cache: "no-store", signal: AbortSignal.timeout(SEND_MS),
      });
      if (!response.ok) throw new Error(String(response.status));
      const told = await response.json();
      for (const [place, code] of codes.entries()) answers.set(code, told.verdicts[place]);
    }
  } catch {
    tell(say("offline")); // what was known last stays on show, with the day of its check
    return;
  }
  // Only what is still there: something may have been removed while the server was asked.
  change(shelf.map((one) => fresh(one, answers.get(one.link))));
  const warned = shelf.filter((one) => URGENT.has(one.state ?? "")).length;
  const unknown = shelf.filter((one) => !one.state || one.state === "unknown").length;
  const told = warned ? [say("warned", { n: warned })] : unknown < shelf.length ? [say("checked")] : [];
  if (unknown) told.push(say("no-record", { n: unknown }));
  tell(told.join(" "));
}

/** With what was told now; null is told of a code that cannot be right, nothing of what was not asked. @param {Kept} one @param {any} told @returns {Kept} */
function fresh(one, told) {
  if (told === undefined) return one;
  if (!told?.state) return { ...one, state: "", zhWhy: "", enWhy: "", recalls: [], checked: "" };
  return {
    ...one, state: told.state, zhWhy: told.sentence.zh, enWhy: told.sentence.en, recalls: told.recalls,
    zh: told.name.zh || one.zh, en: told.name.en || one.en, lot: told.lot ?? one.lot,
    lastDay: told.last_day ?? one.lastDay, checked: told.checked_at,
  };
}

byId("export").addEventListener("click", () => {
  const content = new Blob([JSON.stringify({ fridge: shelf }, null, 1)], { type: "application/json" });
  const save = document.createElement("a");
  save.href = URL.createObjectURL(content);
  save.download = "suyuan-fridge.json";
  save.click();
  setTimeout(() => URL.revokeObjectURL(save.href), 10_000);
});

byId("import").addEventListener("change", async (event) => {
  const input = /** @type {HTMLInputElement} */ (event.target);
  const file = input.files?.[0];
  input.value = "";
  if (!file) return;
  try {
    if (file.size > LARGEST_FILE) throw new RangeError("too large");
    const found = imported(JSON.parse(await file.text()));
    if (!found.length) throw new TypeError("no food");
    change(read([...shelf, ...found.filter((one) => !shelf.some((other) => other.link === one.link))]));
    tell(say("imported", { n: found.length }));
  } catch {
    tell(say("import-bad"));
    return;
  }
  await check();
});

byId("clear").addEventListener("click", () => {
  const before = shelf;
  change([]);
  tell(`${say("removed")} `);
  const undo = element("button", say("undo"), "quiet");
  undo.setAttribute("type", "button");
  undo.addEventListener("click", () => { change(before); tell(""); });
  byId("told").append(undo);
  undo.focus();
});

show();
await check();
