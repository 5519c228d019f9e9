/* The tools below a passport: they appear only where the browser can do them. */

import { ShelfFull, add } from "./shelf.js";

const tools = /** @type {HTMLElement} */ (document.getElementById("tools"));
const told = /** @type {HTMLElement} */ (document.getElementById("tools-told"));
const { link = "", lot = "", lastDay = "", zh = "", en = "" } = tools.dataset;

/** @param {string} name @param {(button: HTMLButtonElement) => unknown} act */
function offer(name, act) {
  const button = /** @type {HTMLButtonElement | null} */ (tools.querySelector(`[data-tool="${name}"]`));
  if (!button) return;
  button.hidden = false;
  button.addEventListener("click", () => act(button));
}

function putIntoFridge(/** @type {HTMLButtonElement} */ button) {
  try {
    add({ link, zh, en, lot, lastDay, added: new Date().toISOString() });
    told.textContent = button.dataset.done ?? "";
  } catch (error) {
    if (!(error instanceof ShelfFull || error instanceof DOMException)) throw error;
    told.textContent = button.dataset.fault ?? "";
  }
}

async function share(/** @type {HTMLButtonElement} */ button) {
  // The plain address: what a chip signed for this one reading, or a choice of language, is nobody else's.
  const url = location.origin + location.pathname;
  try {
    if (navigator.share) {
      await navigator.share({ title: document.title, url });
      return;
    }
    await navigator.clipboard.writeText(url);
    told.textContent = button.dataset.done ?? "";
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return; // she thought better of it
    told.textContent = `${button.dataset.fault} ${url}`;
  }
}

function read(/** @type {HTMLButtonElement} */ button) {
  const speaker = window.speechSynthesis;
  const start = button.dataset.start ?? (button.dataset.start = button.textContent ?? "");
  const still = () => { button.textContent = start; button.removeAttribute("aria-pressed"); };
  if (speaker.speaking || speaker.pending) {
    speaker.cancel();
    still();
    return;
  }
  const name = document.querySelector("h2.name, .name")?.textContent ?? "";
  const parts = [...document.querySelectorAll("#verdict, .verdict .why, .verdict .also li, .notice .do p")];
  const text = [name, ...parts.map((part) => part.textContent ?? "")].map((one) => one.trim()).filter(Boolean).join("。");
  const words = new SpeechSynthesisUtterance(text.slice(0, 2000));
  words.lang = document.documentElement.lang;
  words.onend = words.onerror = still;
  button.textContent = button.dataset.stop ?? "";
  button.setAttribute("aria-pressed", "true");
  speaker.speak(words);
}

offer("fridge", putIntoFridge);
if (navigator.share !== undefined || navigator.clipboard) offer("share", share);
if ("speechSynthesis" in window && "SpeechSynthesisUtterance" in window) {
  offer("read", read);
  window.addEventListener("pagehide", () => speechSynthesis.cancel());
}
offer("print", () => window.print());
