/* Moves the bar of a page that waits for an answer, and shows the answer once it is there. Without it the page
   loads itself again from time to time. */

const EVERY = 700; // milliseconds
const waiting = /** @type {HTMLElement} */ (document.querySelector("[data-waiting]"));
const bar = /** @type {HTMLProgressElement} */ (waiting.querySelector("progress"));
const step = /** @type {HTMLElement} */ (waiting.querySelector("[data-step]"));
const percent = /** @type {HTMLElement} */ (waiting.querySelector("[data-percent]"));
const words = JSON.parse(waiting.dataset.words ?? "{}");

async function look() {
  const { job = "", again = location.href } = waiting.dataset;
  try {
    const answer = await fetch(`/jobs/${encodeURIComponent(job)}`, { headers: { accept: "application/json" } });
    const told = answer.ok ? await answer.json() : null;
    if (!told || told.answer || told.problem || told.state === "cancelled") return location.replace(again);
    bar.value = told.progress;
    percent.textContent = `${told.progress} %`;
    const word = words[told.step];
    if (word && word !== step.textContent) step.textContent = word; // it is read aloud when it changes
  } catch {
    // the network is away for a moment: look again
  }
  setTimeout(look, EVERY);
}

setTimeout(look, EVERY);
