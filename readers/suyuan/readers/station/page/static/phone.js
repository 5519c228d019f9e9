// The phone's page when scripts run: NFC, camera, and a queue for when the station is away.
// What was read is kept in the phone before anything is said of it, and goes out in order; "taken" is said only
// after the station's answer, "recorded" only of what the station has stored.
"use strict";

const $ = (id) => document.getElementById(id);
const words = JSON.parse($("phone").dataset.words);
const QUEUE = "suyuan-phone-queue";
const POINT = "suyuan-phone-point";
const MOST_WAITING = 500;
const EVERY_MS = 2000;
const WAIT_MS = 8000;
const LOOK_MS = 200;
const SAME_MS = 2500; // a symbol that stays before the camera is one sighting
const OLD_MS = 10 * 60 * 1000; // what was read so long ago may belong to other work than what is done now
const OF_POINT = new Set(["station-file-wrong", "wrong-use"]); // errors that are the read point's, not the code's
const FORMATS = ["qr_code", "data_matrix", "ean_13", "ean_8", "upc_a", "code_128", "itf"];

let seen = []; // what the station remembers of this phone, the last one in front
let takes = null; // the read points that listen to this phone, once the station told them
let state = "";

// ---- What waits in the phone

function waiting() {
  try {
    const kept = JSON.parse(localStorage.getItem(QUEUE) ?? "[]");
    return Array.isArray(kept) ? kept : [];
  } catch {
    return [];
  }
}

// Read, changed and written in one go, so that another tab's entries are not lost. Says whether it is kept.
function change(how) {
  try {
    localStorage.setItem(QUEUE, JSON.stringify(how(waiting())));
    return true;
  } catch {
    return false;
  }
}

const drop = (id) => change((kept) => kept.filter((one) => one.id !== id));
const edit = (id, more) => change((kept) => kept.map((one) => (one.id === id ? { ...one, ...more } : one)));
const isAstray = (one) => takes !== null && !takes.has(one.point);
const isOld = (one) => !one.sure && Date.now() - one.at > OLD_MS;

function add(text, typed = false) {
  const code = text.trim();
  if (!code) return false;
  const id = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const one = { id, point: $("point").value, text: code, typed, at: Date.now() };
  if (waiting().length >= MOST_WAITING || !change((kept) => [...kept, one])) {
    tell(words.full, true);
    return false;
  }
  navigator.vibrate?.(40);
  tell("");
  show();
  flush();
  return true;
}

// ---- The station

async function ask(path, options = {}) {
  const response = await fetch(path, { ...options, redirect: "error", signal: AbortSignal.timeout(WAIT_MS),
    headers: { Accept: "application/json", "Content-Type": "application/json" } });
  const told = await response.json();
  return { status: response.status, told };
}

let sending = false;
async function flush() {
  if (sending) return;
  sending = true;
  const shut = new Set(); // read points at which nothing is being read
  try {
    for (;;) {
      const one = waiting().find((each) => !shut.has(each.point));
      if (!one) break;
      if (isAstray(one) || isOld(one)) { shut.add(one.point); continue; } // what follows it stays behind it
      const { id, point, text, typed } = one;
      const { status, told } = await ask("/phone/sightings", { method: "POST", body: JSON.stringify({ id, point, text, typed }) });
      if (status === 200) {
        seen = [{ id, text, fate: told.fate }, ...seen.filter((each) => each.id !== id)];
        drop(id);
      } else if (status === 409 || OF_POINT.has(told.code)) shut.add(point);
      else if (status === 400 || status === 413) {
        drop(id);
        tell(`${text.slice(0, 60)} — ${told.told}`, true);
      } else {
        become(status === 401 ? "removed" : "away");
        break;
      }
      show();
    }
  } catch {
    become("away"); // no answer, or none of ours: it is sent again
  } finally {
    sending = false;
  }
}

async function look() {
  try {
    const { status, told } = await ask("/phone/state");
    if (status === 401) become("removed");
    else if (status !== 200) become("away");
    else {
      takes = new Map(told.points.map((point) => [point.name, point.takes]));
      seen = told.seen;
      become(takes.get($("point")?.value) ? "reading" : "idle");
      if (waiting().length) await flush();
    }
  } catch {
    become("away");
  }
  show();
}

async function watch() {
  for (;;) {
    if (document.visibilityState === "visible") await look();
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}

// ---- What is shown

function become(now) {
  if (state === now) return;
  state = now;
  $("state").className = `state is-${now}`;
  $("state").hidden = false;
  $("state").textContent = words[now];
}

function tell(text, bad = false) {
  const told = $("told");
  if (!told) return;
  told.textContent = text;
  told.className = bad ? "told fault" : "told";
}

function line(one, fate, text = words[fate]) {
  const item = document.createElement("li");
  const code = document.createElement("span");
  const said = document.createElement("b");
  item.className = `is-${fate}`;
  code.className = "code";
  code.textContent = one.text || "…";
  said.textContent = text;
  item.append(code, " ", said);
  return item;
}

function held(one) {
  const astray = isAstray(one);
  const item = line(one, "waiting", words[astray ? "astray" : "held"]);
  const deeds = document.createElement("span");
  deeds.className = "deeds";
  for (const [name, deed] of [["send", () => edit(one.id, { sure: true, ...(astray && $("point") && { point: $("point").value }) })], ["discard", () => drop(one.id)]]) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet";
    button.textContent = words[name];
    button.setAttribute("aria-label", `${words[name]}: ${one.text.slice(0, 60)}`);
    button.onclick = () => { deed(); show(); flush(); };
    deeds.append(button);
  }
  item.append(deeds);
  return item;
}

let shown = "";
function show() {
  const kept = waiting().reverse();
  const now = JSON.stringify([kept.map((one) => [one.id, isAstray(one), isOld(one)]), seen]);
  if (now === shown) return; // what has the focus keeps it
  shown = now;
  const ids = new Set(kept.map((one) => one.id));
  $("seen").replaceChildren(
    ...kept.map((one) => (isAstray(one) || isOld(one) ? held(one) : line(one, "waiting"))),
    ...seen.filter((one) => !ids.has(one.id)).map((one) => line(one, one.fate)),
  );
  $("empty").hidden = kept.length + seen.length > 0;
}

// ---- NFC

// The first link or text on a tag, as it stands there.
function textOf(message) {
  for (const record of message.records) {
    if (record.recordType === "url" || record.recordType === "absolute-url") return new TextDecoder().decode(record.data);
    if (record.recordType === "text") return new TextDecoder(record.encoding ?? "utf-8").decode(record.data);
    if (record.recordType === "smart-poster") return textOf({ records: record.toRecords() });
  }
  return "";
}

async function listen() {
  const reader = new NDEFReader();
  reader.onreading = ({ message }) => {
    const text = textOf(message);
    if (text) add(text);
    else tell(words["nfc-empty"], true);
  };
  reader.onreadingerror = () => tell(words["nfc-bad"], true);
  try {
    await reader.scan();
    $("nfc").disabled = true;
    $("nfc").textContent = words["nfc-on"];
    tell(words["nfc-hold"]);
  } catch {
    tell(words["nfc-refused"], true);
  }
}

// ---- Camera

let stop = null;
async function film() {
  const button = $("camera");
  const start = button.textContent;
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } } });
  } catch {
    tell(words["camera-refused"], true);
    return;
  }
  let on = true;
  stop = () => { on = false; };
  button.setAttribute("aria-pressed", "true");
  button.textContent = button.dataset.stop;
  $("view").hidden = false;
  try {
    $("view").srcObject = stream;
    await $("view").play();
    await search(() => on);
  } catch {
    tell(words["camera-refused"], true);
  } finally {
    for (const track of stream.getTracks()) track.stop();
    $("view").srcObject = null;
    $("view").hidden = true;
    button.setAttribute("aria-pressed", "false");
    button.textContent = start;
    stop = null;
  }
}

async function search(on) {
  const detector = new BarcodeDetector({ formats: FORMATS });
  const lately = new Map(); // what lies before the camera, and when it was last there
  while (on()) {
    for (const { rawValue } of await detector.detect($("view"))) {
      if (!(performance.now() - lately.get(rawValue) < SAME_MS)) add(rawValue);
      lately.set(rawValue, performance.now());
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

// ---- Begin

function offer() {
  const nfc = "NDEFReader" in window;
  const camera = "BarcodeDetector" in window && Boolean(navigator.mediaDevices?.getUserMedia);
  $("nfc").disabled = !nfc;
  $("camera").disabled = !camera;
  const lack = !isSecureContext ? "insecure" : !nfc && !camera ? "neither" : !nfc ? "no-nfc" : !camera ? "no-camera" : "";
  $("lack").textContent = lack && words[lack];
  $("lack").hidden = !lack;
  $("means").hidden = false;
  $("nfc").onclick = listen;
  $("camera").onclick = () => (stop ? stop() : film());
}

if ($("typing")) {
  offer();
  try {
    const last = localStorage.getItem(POINT);
    if (last && [...$("point").options].some((option) => option.value === last)) $("point").value = last;
  } catch { /* a browser that keeps nothing: the first one is chosen */ }
  $("point").onchange = () => {
    try { localStorage.setItem(POINT, $("point").value); } catch { /* as above */ }
    look();
  };
  $("typing").onsubmit = (event) => {
    event.preventDefault();
    if (add($("text").value, true)) $("text").value = "";
    $("text").focus();
  };
}
// Keeps the page in the phone, where the browser lets it (https, with a certificate that it trusts).
async function stay() {
  try {
    await navigator.serviceWorker.register("/phone/worker.js", { scope: "/phone" });
    const { active } = await navigator.serviceWorker.ready;
    const files = document.querySelectorAll("link[rel='stylesheet'], link[rel='icon'], script[src]");
    active.postMessage({ keep: [...files].map((file) => new URL(file.href ?? file.src).pathname) });
  } catch { /* it opens with network only */ }
}

if ("serviceWorker" in navigator) stay();
show();
watch();
