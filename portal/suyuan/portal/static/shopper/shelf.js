/* What lies in the fridge: kept in this browser only. What comes from a file is as hostile as anything. */

const PLACE = "suyuan.fridge";
const MOST = 300;
const LONGEST = 300;

/**
 * @typedef {{link: string, zh: string, en: string, lot: string, lastDay: string, added: string,
 *   state?: string, zhWhy?: string, enWhy?: string, recalls?: string[], checked?: string}} Kept
 */

export class ShelfFull extends Error {}

/** What is kept, or nothing where the browser keeps nothing. @returns {Kept[]} */
export function load() {
  try {
    return read(JSON.parse(localStorage.getItem(PLACE) ?? "[]"));
  } catch {
    return [];
  }
}

/** Throws where the browser lets nobody keep anything. @param {Kept[]} kept */
export function save(kept) {
  localStorage.setItem(PLACE, JSON.stringify(kept));
}

/** Whether it was not there yet. @param {Kept} one */
export function add(one) {
  const kept = load();
  if (kept.some((other) => other.link === one.link)) return false;
  if (kept.length >= MOST) throw new ShelfFull();
  save([...kept, one]);
  return true;
}

/** What of a parsed file is food; what it says of checks was never asked here. Throws where it is no list. @param {unknown} told */
export const imported = (told) => read(told).map(({ link, zh, en, lot, lastDay, added }) => ({ link, zh, en, lot, lastDay, added }));

/** What is food in what was parsed: known fields only, bounded. Throws where it is no list. @param {unknown} told @returns {Kept[]} */
export function read(told) {
  const list = Array.isArray(told) ? told : /** @type {any} */ (told)?.fridge;
  if (!Array.isArray(list)) throw new TypeError("no list");
  /** @type {Map<string, Kept>} */
  const found = new Map();
  for (const one of list.slice(0, MOST)) {
    const link = text(one?.link);
    // A path of ours, percent-encoded: never a host, never a script.
    if (!/^\/(?:0[01]|own|other)\/[!-~]+$/.test(link)) continue;
    const lastDay = /^\d{4}-\d\d-\d\d$/.test(one.lastDay) && isTime(one.lastDay) ? one.lastDay : "";
    const checked = isTime(one.checked) ? one.checked : "";
    found.set(link, {
      link, zh: text(one.zh), en: text(one.en), lot: text(one.lot), lastDay, added: text(one.added),
      state: checked && text(one.state), zhWhy: text(one.zhWhy), enWhy: text(one.enWhy), checked,
      recalls: Array.isArray(one.recalls) ? one.recalls.slice(0, 20).map(text) : [],
    });
  }
  return [...found.values()];
}

/** @param {unknown} value */
const isTime = (value) => typeof value === "string" && !Number.isNaN(Date.parse(value));

/** @param {unknown} value */
const text = (value) => (typeof value === "string" ? value.slice(0, LONGEST) : "");

/** Days from `today` to the last one, both as 2026-11-21; null where nobody told it. @param {string} lastDay @param {string} today */
export function daysLeft(lastDay, today) {
  if (!lastDay) return null;
  return Math.round((Date.parse(`${lastDay}T00:00:00Z`) - Date.parse(`${today}T00:00:00Z`)) / 86_400_000);
}

/** The day that it is here. */
export function today() {
  const now = new Date();
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}
