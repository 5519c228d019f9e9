/* What this phone keeps that does not simply wait: what the platform refused, and what is another company's. */

import { now } from "./device.js";
import { at, button, make } from "./page.js";
import * as queue from "./queue.js";
import { either, knows, moment, say } from "./words.js";

/** @typedef {import("./queue.js").Entry} Entry */

let drawn = "";

/**
 * Draw it; only where it differs from what stands there, lest a finger hit what was just replaced.
 * @param {import("./queue.js").Sorted} kept @param {import("./device.js").Self} self @param {() => unknown} changed
 */
export function draw({ refused, filed, apart }, self, changed) {
  const numbers = JSON.stringify([refused, filed, apart].map((entries) => entries.map(({ number }) => number)));
  if (numbers === drawn) return;
  drawn = numbers;
  at("refused").hidden = refused.length === 0;
  at("refused").replaceChildren(...refused.map((entry) => make("li", {}, `${say("state.refused")} ${line(entry)} `,
    make("span", { className: "hint" }, say("refused.what")), " ",
    button(say("refused.understood"), async () => {
      await queue.file(entry);
      await changed();
    }, "quiet"))));
  at("filed").hidden = filed.length === 0;
  at("filed-count").textContent = say("refused.filed", { n: filed.length });
  at("filed-list").replaceChildren(...[...filed].reverse().map((entry) => make("li", {}, line(entry))));
  at("apart").hidden = apart.length === 0;
  at("apart").replaceChildren(...byParty(apart).map((entries) => others(entries, self, changed)));
}

/** @param {Entry} entry */
function line({ action, count, at: time, refused }) {
  const told = [say(`action.${action}`), `× ${count}`, moment(time)];
  if (refused) told.push(knows(`refused.${refused.code}`) ? say(`refused.${refused.code}`, refused) : refused.detail);
  return told.join(" · ");
}

/** What a party is called, or its number. @param {{party: string, party_name: {zh: string, en: string}}} of */
export const called = ({ party, party_name }) => either(party_name) || (party.split("/").at(-1) ?? party);

/** @param {Entry[]} entries */
function byParty(entries) {
  /** @type {Map<string, Entry[]>} */
  const found = new Map();
  for (const entry of entries) found.set(entry.party, [...(found.get(entry.party) ?? []), entry]);
  return [...found.values()];
}

/** @param {Entry[]} entries of one party @param {import("./device.js").Self} self @param {() => unknown} changed */
function others(entries, self, changed) {
  const [first] = entries;
  const fields = { n: entries.length, name: first.name, whose: called(first), ours: called(self) };
  const remove = make("details", { className: "revoke" }, make("summary", {}, say("apart.discard")),
    make("p", { className: "hint" }, say("apart.discard-why", fields)),
    button(say("apart.discard-now", fields), async () => {
      await queue.discard(entries);
      await changed();
    }, "stop"));
  return make("section", { className: "card stack" }, make("h2", {}, say("apart", fields)),
    make("p", {}, say("apart.why", fields)),
    make("ul", { className: "plain" }, ...entries.map((entry) => make("li", {}, line(entry)))),
    make("div", { className: "buttons" }, button(say("apart.save"), () => save(entries, first.device), "quiet")), remove);
}

/** Hand the entries to the person as a file that `/capture` takes. @param {Entry[]} entries @param {string} device */
function save(entries, device) {
  const file = new Blob([queue.documentOf(entries)], { type: "application/json" });
  const href = URL.createObjectURL(file);
  make("a", { href, download: `suyuan-${device}-${new Date(now()).toISOString().slice(0, 10)}.json` }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}
