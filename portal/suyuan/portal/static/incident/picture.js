/* Makes the pictures of the workbench larger and smaller, and lets them be dragged. Without it they scroll. */

const STEP = 1.25;
const [LEAST, MOST] = [0.25, 4];
const READABLE = 0.72; // below it, fitting a picture to the screen would make its words too small

const [BESIDE, ABOVE] = [100, 60]; // what stays in sight beside and above the suspect

/** @param {HTMLElement} figure */
function enliven(figure) {
  const frame = /** @type {HTMLElement} */ (figure.querySelector(".wide"));
  const svg = frame.querySelector("svg");
  if (!svg) return;
  const [, , width, height] = (svg.getAttribute("viewBox") ?? "").split(" ").map(Number);
  let scale = 1;

  /** Keeps what is in the middle of the frame where it is. @param {number} wanted */
  function zoom(wanted) {
    const next = Math.min(MOST, Math.max(LEAST, wanted));
    const grown = next / scale;
    const middle = [frame.scrollLeft + frame.clientWidth / 2, frame.scrollTop + frame.clientHeight / 2];
    scale = next;
    svg?.setAttribute("width", String(Math.round(width * scale)));
    svg?.setAttribute("height", String(Math.round(height * scale)));
    frame.scrollTo(middle[0] * grown - frame.clientWidth / 2, middle[1] * grown - frame.clientHeight / 2);
  }

  const fitting = () => (figure.clientWidth - 2) / width; // the frame is as wide as what it shows
  const acts = {
    smaller: () => zoom(scale / STEP),
    larger: () => zoom(scale * STEP),
    fit: () => zoom(fitting()),
  };
  const keys = { "+": acts.larger, "=": acts.larger, "-": acts.smaller, 0: acts.fit };

  const bar = document.createElement("div");
  bar.className = "zoom no-print";
  for (const [name, act] of Object.entries(acts)) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet small";
    button.textContent = figure.dataset[name] ?? name;
    button.addEventListener("click", act);
    bar.append(button);
  }
  figure.prepend(bar);

  frame.addEventListener("keydown", (event) => {
    const act = /** @type {Record<string, () => void>} */ (keys)[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  });
  drag(frame);
  trace(svg);
  if (fitting() < 1 && fitting() > READABLE) acts.fit();
  begin(frame, svg);
}

/** Where not all is to be seen at once, the suspect is. @param {HTMLElement} frame @param {SVGSVGElement} svg */
function begin(frame, svg) {
  const suspect = svg.querySelector(".suspect")?.getBoundingClientRect();
  const view = frame.getBoundingClientRect();
  if (!suspect || (suspect.right < view.right && suspect.bottom < view.bottom)) return;
  frame.scrollTo(suspect.left - view.left - BESIDE, suspect.top - view.top - ABOVE);
}

/** Whatever a stop came from and led to stands out while it is pointed at or has the focus. @param {SVGSVGElement} svg */
function trace(svg) {
  const ways = [...svg.querySelectorAll("[data-from]")];
  if (!ways.length) return;
  const stops = new Map([...svg.querySelectorAll("[data-stop]")].map((stop) => [stop.getAttribute("data-stop"), stop]));

  /** @param {string} start @param {string} here @param {string} there @param {Set<Element>} lit */
  function follow(start, here, there, lit) {
    const waiting = [start];
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      for (const way of ways) {
        if (way.getAttribute(here) !== at || lit.has(way)) continue;
        lit.add(way);
        const next = way.getAttribute(there) ?? "";
        const stop = stops.get(next);
        if (stop) lit.add(stop);
        waiting.push(next);
      }
    }
  }

  /** @param {Element | null} stop */
  function light(stop) {
    for (const one of svg.querySelectorAll(".lit")) one.classList.remove("lit");
    svg.classList.toggle("dim", stop !== null);
    if (!stop) return;
    const start = stop.getAttribute("data-stop") ?? "";
    /** @type {Set<Element>} */
    const lit = new Set([stop]);
    follow(start, "data-from", "data-to", lit);
    follow(start, "data-to", "data-from", lit);
    for (const one of lit) one.classList.add("lit");
  }

  for (const stop of stops.values()) {
    stop.addEventListener("pointerenter", () => light(stop));
    stop.addEventListener("pointerleave", () => light(null));
    stop.addEventListener("focus", () => light(stop.matches(":focus-visible") ? stop : null));
    stop.addEventListener("blur", () => light(null));
  }
}

/** Scrolls the frame along with the mouse; a click stays a click. @param {HTMLElement} frame */
function drag(frame) {
  /** @type {{x: number, y: number, left: number, top: number, moved: boolean} | null} */
  let from = null;
  frame.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse" || event.button !== 0) return;
    from = { x: event.clientX, y: event.clientY, left: frame.scrollLeft, top: frame.scrollTop, moved: false };
  });
  frame.addEventListener("pointermove", (event) => {
    if (!from) return;
    const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
    from.moved ||= Math.hypot(dx, dy) > 4;
    if (from.moved) frame.scrollTo(from.left - dx, from.top - dy);
  });
  for (const end of ["pointerup", "pointerleave"]) {
    frame.addEventListener(end, () => setTimeout(() => (from = null)));
  }
  frame.addEventListener("dragstart", (event) => event.preventDefault());
  frame.addEventListener("click", (event) => {
    if (from?.moved) event.preventDefault();
  }, true);
}

/** A link to a row inside a closed table opens the table first. */
function reveal() {
  const row = document.getElementById(named());
  const details = row && row.closest("details");
  if (details && !details.open) {
    details.open = true;
    row.scrollIntoView();
  }
}

function named() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return ""; // a malformed escape names nothing
  }
}

addEventListener("hashchange", reveal);
reveal();

for (const figure of document.querySelectorAll("[data-picture]")) enliven(/** @type {HTMLElement} */ (figure));
