// The screen on which tags are written, when scripts run: it looks several times a second, and is heard.
// Without this file the page reloads itself; nothing here decides anything about tags.
"use strict";

const stage = document.getElementById("stage");
const act = document.getElementById("act");
const EVERY_MS = 300;
const LOST_AFTER_MS = 6000;
const STATES = ["ready", "reading", "done", "attention", "stop"];
const KEYS = [["u", "take-back"], ["u", "doubt"], ["p", "pause"], ["p", "go-on"]];
let signal = Number(stage.dataset.signal);
let heard = performance.now();

function take(told) {
  heard = performance.now();
  lose(false);
  if (told.signal === signal) return;
  signal = told.signal;
  for (const [name, html] of Object.entries(told)) {
    if (name.startsWith("html-")) document.getElementById(name.slice("html-".length)).innerHTML = html;
  }
  document.title = told.page_title;
  for (const each of STATES) document.body.classList.toggle(`state-${each}`, each === told.state);
  for (const each of document.querySelectorAll("[id^=deed-]")) {
    each.hidden = !told.deeds.includes(each.id.slice("deed-".length));
  }
  play(told.state);
}

function lose(now) {
  if (document.body.classList.contains("is-lost") === now) return;
  document.body.classList.toggle("is-lost", now);
  document.getElementById("lost").hidden = !now;
  if (now) tone([[220, 0, 0.4], [180, 0.45, 0.6]], "triangle");
}

async function look() {
  try {
    const answer = await fetch(stage.dataset.live, { headers: { Accept: "application/json" } });
    if (answer.status === 410 || answer.redirected) { location.reload(); return; }
    if (answer.ok) take(await answer.json());
  } catch { /* the pause below tells */ }
  if (performance.now() - heard > LOST_AFTER_MS) lose(true);
  setTimeout(look, EVERY_MS);
}
look();

addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("#act, #deed-compare")) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form));
  const action = form === act ? event.submitter.formAction : form.action;
  form.reset();
  try {
    const answer = await fetch(action, { method: "POST", body, headers: { Accept: "application/json" } });
    if (answer.redirected || answer.ok) return;
    const toast = document.getElementById("toast");
    toast.textContent = (await answer.json()).told;
    toast.hidden = false;
    setTimeout(() => { toast.hidden = true; }, 5000);
  } catch { lose(true); }
});

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches("input")) return;
  const letter = event.key.toLowerCase();
  for (const [key, deed] of KEYS) {
    const button = document.getElementById(`deed-${deed}`);
    if (letter === key && button && !button.hidden) { button.click(); break; }
  }
  if (letter === "m") sound.click();
});
