// The screen on which tags are written, when scripts run: it looks several times a second, and is heard.
// Without this file the page reloads itself; nothing here decides anything about tags.
"use strict";

const stage = document.getElementById("stage");
const act = document.getElementById("act");
const EVERY_MS = 300;
const LOST_AFTER_MS = 6000;
const STATES = ["ready", "reading", "done", "attention", "stop"];
let signal = Number(stage.dataset.signal);
let heard = performance.now();

function take(told) {
  heard = performance.now();
  lose(false);
  if (told.signal === signal) return;
  signal = told.signal;
  for (const part of ["headline", "number", "messages", "tags"]) {
    document.getElementById(part).innerHTML = told[`html-${part}`];
  }
  document.title = told.page_title;
  for (const each of STATES) document.body.classList.toggle(`state-${each}`, each === told.state);
  for (const button of act.querySelectorAll("[id^=deed-]")) {
    button.hidden = !told.deeds.includes(button.id.slice("deed-".length));
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

act.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const answer = await fetch(event.submitter.formAction, { method: "POST", headers: { Accept: "application/json" } });
    if (answer.redirected || answer.ok) return;
    const toast = document.getElementById("toast");
    toast.textContent = (await answer.json()).told;
    toast.hidden = false;
    setTimeout(() => { toast.hidden = true; }, 5000);
  } catch { lose(true); }
});

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const letter = event.key.toLowerCase();
  const back = document.getElementById("deed-take-back");
  if (letter === "u" && !back.hidden) back.click();
  if (letter === "m") sound.click();
});
