/* Where the screen of a shop stands is set by its staff: left open, the page goes back to the screen by itself. */

const IDLE_MS = 60_000;
const NOTICE_MS = 30_000; // at least 20 s to say no, by any key or touch (WCAG 2.2, 2.2.1)

const leaving = /** @type {HTMLElement} */ (document.getElementById("leaving"));
const list = document.getElementById("place");
/** @type {number | undefined} */
let next;

/** @param {number} time @param {() => void} then */
function after(time, then) {
  clearTimeout(next);
  next = setTimeout(then, time);
}

function wait() {
  leaving.textContent = "";
  after(IDLE_MS, () => {
    leaving.textContent = leaving.dataset.words ?? "";
    after(NOTICE_MS, () => location.replace(leaving.dataset.to ?? ""));
  });
}

/* An open list of a browser tells nothing until something is chosen, and would be gone with the page. */
function choose() {
  leaving.textContent = "";
  clearTimeout(next);
}

/** @param {Event} event */
function heard(event) {
  const isChoosing = event.target === list && list === document.activeElement;
  if (!isChoosing || event.type === "change") wait();
  else if (event.type !== "pointermove" && event.type !== "wheel") choose();
}

if (leaving) {
  for (const sign of ["focusin", "focusout", "keydown", "pointerdown", "pointermove", "wheel", "change"])
    addEventListener(sign, heard, { passive: true });
  wait();
}
