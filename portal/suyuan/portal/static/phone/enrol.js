/* The page behind the QR symbol: the code is in the link, one tap makes the key and shows the code. */

import { Refused, able, enrol, load } from "./device.js";
import { called } from "./kept.js";
import { sorted } from "./queue.js";
import { knows, say } from "./words.js";

const form = /** @type {HTMLFormElement} */ (document.getElementById("enrol"));
const input = /** @type {HTMLInputElement} */ (document.getElementById("code"));
const fault = /** @type {HTMLElement} */ (document.getElementById("fault"));
const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));

/** @param {string} code @param {Record<string, any>} [told] */
function tell(code, told = {}) {
  fault.textContent = knows(`error.${code}`) ? say(`error.${code}`, told) : (told.detail ?? say("error.server"));
  fault.hidden = false;
  input.setAttribute("aria-invalid", "true");
}

input.value = location.hash.slice(1); // a code has nothing that a browser escapes
if (location.hash) history.replaceState(null, "", location.pathname + location.search); // not into the history

if (!able()) {
  tell("no-crypto");
  button.disabled = true;
} else {
  const before = await load();
  const known = /** @type {HTMLElement} */ (document.getElementById("known"));
  if (before) {
    known.hidden = false;
    known.querySelector("bdi")?.replaceChildren(before.name);
    const { waiting } = await sorted(before);
    const unsent = /** @type {HTMLElement} */ (document.getElementById("unsent"));
    unsent.hidden = waiting.length === 0;
    unsent.textContent = say("enrol-unsent", { n: waiting.length, whose: called(before) });
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  fault.hidden = true;
  input.removeAttribute("aria-invalid");
  button.disabled = true;
  try {
    await enrol(input.value);
    location.replace(form.action);
  } catch (error) {
    button.disabled = false;
    if (error instanceof Refused) tell(error.code, error.told);
    else tell("not-stored");
    input.focus();
  }
});
form.hidden = false;
