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
let recorded = null; // nothing is known yet: what the page came with stands

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
  for (const name of ["headline", "counters", "messages", "tags", "absent", "footer", "conditions"]) {
    if (`html-${name}` in told) put(name, told[`html-${name}`]);
  }
  if ("title" in told) document.title = told.title;
  if ("seen" in told && $("seen")) $("seen").hidden = !told.seen;
  if ("typing" in told) $("typing").hidden = !told.typing;
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
  if (state === now) return; // a stream that begins anew tells everything again: who writes is not disturbed
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
  if (now) delete $("fields").dataset.chosen;
}

// On a large screen the fields lie open while nothing is read or told; on a phone they are folded.
const wide = matchMedia("(min-width: 60rem)");
function unfold() {
  if (!$("fields")) return;
  const next = state === "ready" || "chosen" in $("fields").dataset; // another step than the one just done
  $("fields").open = !reading && ((wide.matches && next) || form.querySelector("[aria-invalid]") !== null);
}
unfold();

// What was recorded is not to be recorded again with the next pallet's unit or number.
function clearOnce(numbers) {
  if (numbers && numbers !== recorded && recorded !== null) {
    for (const field of form.querySelectorAll("[data-once]")) field.value = "";
    if ($("f-receiver")?.value) $("f-untold").checked = false;
    tellGist();
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
  skewChip.textContent = `▲ ${stage.dataset.screenSkew.replace("{duration}", (seconds < 0 ? "-" : "+") + lasting(Math.abs(seconds)))}`;
  list.append(skewChip);
}

// A length of time in the largest unit of which there are two or more, in the language of the page.
function lasting(seconds) {
  const units = [[31536000, "year"], [86400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]];
  const [size, unit] = units.find(([size]) => seconds >= 2 * size) ?? units.at(-1);
  const told = { style: "unit", unit, unitDisplay: "long" };
  return new Intl.NumberFormat(document.documentElement.lang, told).format(Math.floor(seconds / size));
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
  await post(action, form);
  busy = false;
}

async function post(action, filled) {
  try {
    const answer = await fetch(action, { method: "POST", body: new FormData(filled), headers: { Accept: "application/json" } });
    if (answer.redirected) { location.reload(); return false; }
    const told = await answer.json();
    showFaults(told.faults ?? {});
    if (answer.ok || told.faults) $("toast").hidden = true;
    else toast(told.told ?? answer.statusText);
    return answer.ok;
  } catch {
    lose(true);
    return false;
  }
}

function showFaults(faults) {
  for (const old of stage.querySelectorAll(".fault")) old.remove();
  for (const field of stage.querySelectorAll("[aria-invalid]")) {
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
    (field.closest("label, .typing div") ?? field).after(line);
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
$("typing").addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = $("f-code");
  const text = field.value.trim();
  if (!text) return; // the second sign of a scanner that ends with two
  const sent = post("/scan", event.target);
  field.value = ""; // a scanner may begin the next one before this is answered
  if (await sent) tellScanned(text);
  else if (!field.value) {
    field.value = text;
    field.select(); // the next scan takes its place, and is not written behind it
  }
});
for (const choice of document.querySelectorAll("#where select")) {
  choice.addEventListener("change", () => {
    if (choice.id === "point") $("step").disabled = true;
    // arrows in a list choose one after the other, each on a page of its own
    if (document.activeElement === choice) sessionStorage.setItem("chosen", choice.id);
    $("where").requestSubmit();
  });
}
$(sessionStorage.getItem("chosen"))?.focus();
sessionStorage.removeItem("chosen");
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
  const parts = [];
  for (const field of form.querySelectorAll("[data-brief]")) {
    const tick = field.type === "checkbox";
    const text = (field.selectedOptions?.[0].textContent ?? field.value).trim();
    if (tick ? !field.checked : !text) continue;
    const part = document.createElement("span");
    part.textContent = `${field.dataset.brief} `;
    if (!tick) {
      const bold = document.createElement("b");
      bold.textContent = text.includes("://") ? text.slice(text.lastIndexOf("/") + 1) : text;
      part.append(bold);
    }
    parts.push(part);
  }
  $("gist")?.replaceChildren(...parts);
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

// ---- Keys and the scanner (see keys.js)

const TEXTS = "input:not([type=checkbox], [type=radio]), textarea";
const press = keyboard({
  scan: scanned,
  shortcut: (key) => shortcut(key, document.activeElement ?? body),
  spill: (text) => {
    const field = $("f-code");
    if ($("typing").hidden || document.querySelector("dialog[open]")) return null;
    field.value = text;
    field.focus();
    return field;
  },
  takeBack: (field, text) => {
    if (field.value.endsWith(text)) field.value = field.value.slice(0, -text.length);
  },
  later: (ms, f) => {
    const timer = setTimeout(f, ms);
    return () => clearTimeout(timer);
  },
});

addEventListener("keydown", (event) => {
  if (event.altKey || event.metaKey || event.isComposing) return;
  const key = event.ctrlKey && event.key === "]" ? "\u001d" : event.key; // FNC1 as many scanners type it
  if (event.ctrlKey && key !== "\u001d") return;
  const target = event.target;
  const field = target.matches(TEXTS) ? target : null;
  if (field && key === "Escape") field.blur();
  const quiet = target.matches("input, select, textarea") || document.querySelector("dialog[open]") !== null;
  // when the key was struck, however late a busy page comes to it
  const handled = press(key, event.timeStamp, field, quiet);
  // the first letter of a scan must not choose what begins with it
  if (handled || (target.matches("select") && key.length === 1 && key !== " ")) event.preventDefault();
}, true);
addEventListener("pointerdown", () => press("Tab", performance.now(), null, true)); // what was typed is done with

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
    const told = document.querySelector(".conditions[open]");
    if (told) { told.open = false; return true; }
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
  if (letter === "s") $("step").focus();
  if (letter === "f" && $("fields")) {
    $("fields").open = !$("fields").open;
    if ($("fields").open) $("fieldset").querySelector("input, select, textarea")?.focus();
  }
  return "umfs".includes(letter);
}

async function scanned(text) {
  const point = form.elements.point.value;
  try {
    const answer = await fetch("/scan", {
      method: "POST",
      headers: { Accept: "application/json", "Content-Type": "application/json" },
      body: JSON.stringify({ text, point }),
    });
    if (answer.ok) tellScanned(text);
    else toast((await answer.json()).told);
  } catch {
    lose(true);
  }
}

function tellScanned(text) {
  toast(stage.dataset.scanned.replace("{text}", () => text.replaceAll("\u001d", "·")));
}
