// The station's page when scripts run: live parts, one big button, keys, scanner, sound.
// Without this file the page works by plain forms; nothing here decides anything about goods.
"use strict";

const $ = (id) => document.getElementById(id);
const stage = $("stage");
const body = document.body;
const form = $("work");
const LOST_AFTER_MS = 6000;
const STATES = ["ready", "reading", "done", "attention", "stop"];

let signal = stage.dataset.signal;
let state = stage.dataset.state;
let reading = body.classList.contains("reading");
let lastHeard = performance.now();
let recorded = "";

// ---- Live parts

function put(name, html) {
  const part = $(name);
  if (part) part.innerHTML = html;
}

function take(told) {
  lastHeard = performance.now();
  lose(false);
  if ("edition" in told && told.edition !== stage.dataset.edition) {
    location.reload();
    return;
  }
  for (const name of ["headline", "counters", "messages", "tags", "footer"]) {
    if (`html-${name}` in told) put(name, told[`html-${name}`]);
  }
  if ("title" in told) document.title = told.title;
  if ("seen" in told && $("seen")) $("seen").hidden = !told.seen;
  if ("undo" in told) $("undo-open").hidden = !told.undo;
  if ("recorded" in told) clearOnce(told.recorded.join());
  if ("reading" in told) showReading(told.reading);
  if ("state" in told) showState(told.state);
  if ("signal" in told && told.signal !== signal) {
    signal = told.signal;
    $("toast").hidden = true;
    play(state);
  }
  if ("clock" in told && told.clock) skew(Date.now() - Date.parse(told.clock));
}

function showState(now) {
  for (const each of STATES) body.classList.toggle(`state-${each}`, each === now);
  state = now;
  unfold();
}

function showReading(now) {
  reading = now;
  body.classList.toggle("reading", now);
  const go = $("go");
  if (!go) return;
  go.querySelector(".name").textContent = now ? go.dataset.close : go.dataset.start;
  go.formAction = now ? "/close" : "/start";
  $("abandon").hidden = !now;
  $("fieldset").disabled = now;
}

// On a large screen the fields lie open while nothing is read or told; on a phone they are folded.
const wide = matchMedia("(min-width: 60rem)");
function unfold() {
  if ($("fields")) $("fields").open = !reading && ((wide.matches && state === "ready") || form.querySelector("[aria-invalid]") !== null);
}
if (wide.matches) unfold();

// What was recorded is not to be recorded again with the next pallet's unit or number.
function clearOnce(numbers) {
  if (numbers && numbers !== recorded && recorded !== null) {
    for (const field of form.querySelectorAll("[data-once]")) field.value = "";
  }
  recorded = numbers;
}

let skewChip = null;
function skew(ms) {
  const seconds = Math.round(ms / 1000);
  const list = $("footer");
  if (Math.abs(seconds) < 3) {
    skewChip?.remove();
    skewChip = null;
    return;
  }
  skewChip ??= document.createElement("li");
  skewChip.className = "chip warn";
  skewChip.textContent = `▲ ${stage.dataset.screenSkew.replace("{seconds}", (seconds > 0 ? "+" : "") + seconds)}`;
  list.append(skewChip);
}

function lose(now) {
  if (body.classList.contains("is-lost") === now) return;
  body.classList.toggle("is-lost", now);
  $("lost").hidden = !now;
  for (const button of form.elements) if (button.id === "go" || button.id === "abandon") button.disabled = now;
  if (now) tone([[220, 0, 0.4], [180, 0.45, 0.6]], "triangle");
}

let source = null;
function listen() {
  source?.close();
  source = new EventSource(stage.dataset.live);
  source.onmessage = (event) => take(JSON.parse(event.data));
  source.onerror = () => { // it tries again by itself; two seconds are for a short stumble
    lastHeard = Math.min(lastHeard, performance.now() - LOST_AFTER_MS + 2000);
  };
}
listen();

// An EventSource that was refused gives up for good, and a sleeping machine may keep a dead one: start anew.
setInterval(() => {
  const silent = performance.now() - lastHeard;
  if (silent < LOST_AFTER_MS) return;
  lose(true);
  if (source.readyState === EventSource.CLOSED || silent > 3 * LOST_AFTER_MS) listen();
}, 1000);
addEventListener("pagehide", () => source?.close());

// ---- What people do

let busy = false;
async function send(action) {
  if (busy) return;
  busy = true;
  try {
    const answer = await fetch(action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } });
    if (answer.redirected) { location.reload(); return; }
    const told = await answer.json();
    showFaults(told.faults ?? {});
    if (answer.ok || told.faults) $("toast").hidden = true;
    else toast(told.told ?? answer.statusText);
  } catch {
    lose(true);
  } finally {
    busy = false;
  }
}

function showFaults(faults) {
  for (const old of form.querySelectorAll(".fault")) old.remove();
  for (const field of form.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  }
  let first = null;
  for (const [name, text] of Object.entries(faults)) {
    const field = $(`f-${name}`);
    if (!field) continue;
    const line = document.createElement("span");
    line.className = "fault";
    line.id = `e-${name}`;
    line.textContent = text;
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", line.id);
    field.after(line);
    for (let around = field.closest("details"); around; around = around.parentElement.closest("details")) around.open = true;
    first ??= field;
  }
  first?.focus();
}

let toastTimer = 0;
function toast(text) {
  const line = $("toast");
  line.textContent = text;
  line.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { line.hidden = true; }, 5000);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (event.submitter) send(event.submitter.formAction);
});
for (const choice of document.querySelectorAll("#where select")) {
  choice.addEventListener("change", () => {
    if (choice.id === "point") $("step").disabled = true;
    $("where").requestSubmit();
  });
}
// A scanner ends with Enter: in a field that means "next", never "start".
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("input")) {
    event.preventDefault();
    event.target.blur();
    tellGist();
  }
});
form.addEventListener("change", tellGist);
function tellGist() {
  const texts = [...form.querySelectorAll(".kind-code input, .kind-text input")].map((f) => f.value.trim());
  if ($("gist")) $("gist").textContent = texts.filter(Boolean).join(" · ");
}

$("undo-open").addEventListener("click", async (event) => {
  event.preventDefault();
  const answer = await fetch(`${event.currentTarget.href}&part=1`);
  if (answer.redirected || !answer.ok) { location.reload(); return; }
  $("undo").innerHTML = await answer.text();
  $("undo").showModal();
});
$("undo").addEventListener("click", (event) => {
  if (event.target.closest("[data-close]")) { event.preventDefault(); $("undo").close(); }
});
$("undo").addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await fetch("/undo", { method: "POST", body: new FormData(event.target), headers: { Accept: "application/json" } });
  $("undo").close();
  if (!answer.ok) toast((await answer.json()).told);
});
$("keys-open").addEventListener("click", () => $("keys").showModal());

// ---- Keys and the scanner
// A keyboard scanner types as a person does, only faster than anybody can, and ends with Enter. So every key
// waits for a moment: if others follow at once it belongs to a scan, else it is a shortcut.

// Once it is a scan, a pause does not tear it: a long link takes some time to type on a busy machine, and half
// a code would spoil the pass.

const FAST_MS = 50;
const LEAST_SCAN = 4;
const PAUSE_MS = 500;
let burst = "";
let lastKey = 0;
let waiting = 0;
let scannedAt = -1000;

addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]") || event.altKey || event.metaKey) return;
  const target = event.target;
  if (target.matches("input, select, textarea, [contenteditable]")) {
    if (event.key === "Escape") target.blur();
    return;
  }
  const key = event.ctrlKey && event.key === "]" ? "\u001d" : event.key; // FNC1 as many scanners type it
  if (event.ctrlKey && key !== "\u001d") return;
  const now = event.timeStamp; // when the key was struck, however late a busy page comes to it
  if (now - lastKey > (burst.length < LEAST_SCAN ? FAST_MS : PAUSE_MS)) burst = "";
  lastKey = now;
  if (key === "Enter" && burst.length >= LEAST_SCAN) {
    event.preventDefault();
    clearTimeout(waiting);
    scannedAt = now;
    scanned(burst);
    burst = "";
    return;
  }
  if (key === "Enter" && now - scannedAt < 150) { event.preventDefault(); return; } // CR and LF
  if (key.length === 1) {
    burst += key;
    if (key === " ") event.preventDefault(); // no scrolling, no second press
    const alone = burst.length === 1;
    clearTimeout(waiting);
    if (alone) waiting = setTimeout(() => shortcut(key, target), FAST_MS + 10);
    return;
  }
  if (shortcut(key, target)) event.preventDefault();
});

function shortcut(key, target) {
  const onControl = target.closest?.("button, a, summary");
  if (key === "Enter" || key === " ") {
    if (onControl && onControl.id !== "go") {
      if (key === " ") onControl.click();
      return key === " ";
    }
    $("go")?.click();
    return true;
  }
  if (key === "Escape") {
    const way = ["abandon", "seen"].map($).find((button) => button && !button.hidden);
    way?.click();
    return Boolean(way);
  }
  if (key === "ArrowLeft" || key === "ArrowRight") {
    const points = $("point");
    const next = points.selectedIndex + (key === "ArrowRight" ? 1 : -1);
    if (next < 0 || next >= points.options.length) return true;
    points.selectedIndex = next;
    points.dispatchEvent(new Event("change"));
    return true;
  }
  const letter = key.toLowerCase();
  if (letter === "u" && !$("undo-open").hidden) $("undo-open").click();
  if (letter === "m") $("sound").click();
  if (letter === "f" && $("fields")) {
    $("fields").open = !$("fields").open;
    if ($("fields").open) $("fieldset").querySelector("input, select, textarea")?.focus();
  }
  return false;
}

async function scanned(text) {
  const point = form.elements.point.value;
  try {
    const answer = await fetch("/scan", {
      method: "POST",
      headers: { Accept: "application/json", "Content-Type": "application/json" },
      body: JSON.stringify({ text, point }),
    });
    toast(answer.ok ? stage.dataset.scanned.replace("{text}", text.replaceAll("\u001d", "·")) : (await answer.json()).told);
  } catch {
    lose(true);
  }
}
