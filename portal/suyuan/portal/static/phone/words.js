/* The texts of the page's language, and dates and numbers in it. */

const TEXTS = JSON.parse(document.getElementById("words")?.textContent ?? "{}");

export const LANGUAGE = TEXTS.language;

/**
 * The text of that name with its places filled.
 * @param {string} name
 * @param {Record<string, unknown>} [fields]
 */
export function say(name, fields = {}) {
  const text = TEXTS[name] ?? name;
  return text.replace(/\{(\w+)\}/g, (whole, field) => String(fields[field] ?? whole));
}

/** Whether there is a text of that name. @param {string} name */
export const knows = (name) => name in TEXTS;

/** Of a pair of texts from data, the one to read here. @param {{zh?: string, en?: string}} [pair] */
export function either(pair) {
  const [first, second] = LANGUAGE === "en" ? [pair?.en, pair?.zh] : [pair?.zh, pair?.en];
  return first || second || "";
}

/** Month, day, hours and minutes. @param {number} time */
export const moment = (time) =>
  new Intl.DateTimeFormat(LANGUAGE, { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" }).format(new Date(time));

/** A number as it is written here, at most three decimals. @param {number} value */
export const number = (value) => new Intl.NumberFormat(LANGUAGE, { maximumFractionDigits: 3 }).format(value);
