/* The screen of a shop: what a scanner types is asked at once, and the screen is ready again for the next one. */

import { byId, say, tell } from "./speech.js";

const SEND_MS = 20_000;
const code = /** @type {HTMLInputElement} */ (byId("code"));
const stay = /** @type {HTMLSelectElement} */ (byId("stay"));
const form = /** @type {HTMLFormElement} */ (byId("ask"));
const [pause, sound, full] = ["pause", "sound", "full"].map((name) => byId(name));
const BAD = new Set(["recalled", "destroyed", "suspicious", "held", "expired", "withdrawn", "resold", "error", "unknown"]);

/** @type {AudioContext | undefined} */
let speaker;
let paused = false;
let left = 0;
/** @type {AbortController | undefined} */
let asking;

/** @param {string} text */
async function ask(text) {
  asking?.abort();
  const mine = (asking = new AbortController());
  const late = setTimeout(() => mine.abort(), SEND_MS); // not AbortSignal.any, which browsers of 2023 lack
  const address = new URL(form.action);
  for (const [name, value] of new FormData(form)) address.searchParams.set(name, String(value));
  address.searchParams.set("code", text);
  if (text) {
    clear("ready");
    tell(say("looking"));
  }
  try {
    const response = await fetch(address, { credentials: "omit", signal: mine.signal });
    const answer = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("result");
    if (!answer) throw new Error("no answer");
    byId("result").replaceWith(document.adoptNode(answer));
    tell("");
    begin();
  } catch {
    if (asking === mine) {
      clear("error");
      tell(say("away"));
      begin(false);
    }
  } finally {
    clearTimeout(late);
  }
}

/** Nothing of the one before may stand there as if it were the answer to this one, nor its time run on. @param {string} state */
function clear(state) {
  left = 0;
  pause.hidden = true;
  byId("result").dataset.state = state;
  byId("result").replaceChildren();
}

/** What happens once an answer stands there. */
function begin(answered = true) {
  const state = byId("result").dataset.state ?? "";
  const ready = state === "ready" && answered;
  left = ready ? 0 : Number(stay.value);
  paused = false;
  pause.hidden = ready || !left;
  if (!ready && answered) ring(BAD.has(state));
  count();
}

function count() {
  pause.textContent = paused ? say("go-on") : `${say("pause")} (${left})`;
  pause.setAttribute("aria-pressed", String(paused));
}

/** Two low tones for what is not to be sold, a high one for the rest: never the only sign. @param {boolean} bad */
function ring(bad) {
  if (!speaker) return;
  for (const [at, pitch] of (bad ? [220, 220] : [880]).entries()) {
    const tone = speaker.createOscillator();
    const volume = speaker.createGain();
    volume.gain.value = 0.15;
    tone.frequency.value = pitch;
    tone.connect(volume).connect(speaker.destination);
    tone.start(speaker.currentTime + at * 0.3);
    tone.stop(speaker.currentTime + at * 0.3 + 0.2);
  }
}

setInterval(() => {
  if (!left || paused) return;
  left -= 1;
  if (left) count();
  else ask("");
}, 1000);

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = code.value;
  code.value = "";
  code.focus({ preventScroll: true });
  if (text.trim()) ask(text);
});
pause.addEventListener("click", () => {
  paused = !paused;
  count();
  code.focus({ preventScroll: true });
});
stay.addEventListener("change", () => {
  left = byId("result").dataset.state === "ready" ? 0 : Number(stay.value);
  pause.hidden = !left;
  count();
});
sound.addEventListener("click", () => {
  speaker?.close();
  speaker = speaker ? undefined : new AudioContext();
  sound.setAttribute("aria-pressed", String(Boolean(speaker)));
  sound.textContent = say(speaker ? "sound-off" : "sound-on");
  code.focus({ preventScroll: true });
});
full.addEventListener("click", () => {
  (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()).catch(() => undefined);
  code.focus({ preventScroll: true });
});

// A scanner types: what it types outside of the field belongs into the field.
document.addEventListener("keydown", (event) => {
  const there = /** @type {Element} */ (event.target);
  if (there === code || event.ctrlKey || event.altKey || event.metaKey || event.key.length !== 1) return;
  if (there.matches("select, button, a") && event.key === " ") return;
  code.focus({ preventScroll: true });
});

byId("settings").hidden = false;
sound.hidden = !("AudioContext" in window);
full.hidden = !document.fullscreenEnabled;
code.focus({ preventScroll: true });
begin();
