/* The texts of the page's language, and what several pages of the shopper share. */

const TEXTS = JSON.parse(document.getElementById("words")?.textContent ?? "{}");

/**
 * The text of that name with its places filled.
 * @param {string} name @param {Record<string, unknown>} [fields]
 */
export const say = (name, fields = {}) =>
  (TEXTS[name] ?? name).replace(/\{(\w+)\}/g, (/** @type {string} */ whole, /** @type {string} */ field) => String(fields[field] ?? whole));

/** An address of ours that keeps the choices which this page was opened with. @param {string} path */
export function kept(path) {
  const address = new URL(path, location.origin);
  const here = new URLSearchParams(location.search);
  for (const choice of ["lang", "large"]) {
    const chosen = here.get(choice);
    if (chosen) address.searchParams.set(choice, chosen);
  }
  return address.pathname + address.search;
}

/** @template {HTMLElement} T @param {string} id @returns {T} */
export const byId = (id) => /** @type {T} */ (document.getElementById(id));

/** Say something to everybody, those who listen too. @param {string} text */
export function tell(text) {
  byId("told").textContent = text;
}
