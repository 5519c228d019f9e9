// What keys mean: a scan, a shortcut, or text for the field of codes. Knows neither page nor clock: they are given.
// A keyboard scanner types as a person does, only faster, and ends with Enter. So a key waits until it is clear
// that none follows at once. No character is ever thrown away: what began in one place and goes on in another,
// because the focus moved, is one code, and what comes too slowly is put where codes are typed.
"use strict";

const FAST_MS = 150; // between two keys of a scan, also of a slow one
const PAUSE_MS = 500; // a scan that has begun is not torn by a busy machine
const LEAST_SCAN = 4;

// `scan(text)` takes a code. `shortcut(key, quiet)` does what a single key stands for and returns whether it did.
// `spill(text)` puts text into the field of codes and returns that field, or null where there is none.
// `takeBack(field, text)` removes from the end of a field what turned out to be the beginning of a scan.
// `later(ms, f)` does f then, and returns a function that prevents it.
function keyboard({ scan, shortcut, spill, takeBack, later }) {
  let burst = "";
  let home = null; // the field that the burst went to by itself
  let last = -Infinity;
  let ended = -Infinity;
  let forget = () => {};
  let due = null; // what is to be done if no key follows

  function wait(ms, f) {
    forget();
    due = f;
    const prevent = later(ms, () => { due = null; f(); });
    forget = () => { prevent(); due = null; };
  }

  // A busy page comes to a key before the timers that were due before it: what they do is done now.
  // Returns whether text has gone into the field of codes, which the key, struck elsewhere, is to follow.
  function catchUp() {
    if (!due) return false;
    for (let f = due; f; f = due) {
      forget();
      f();
    }
    return home !== null;
  }

  function end(now) {
    forget();
    burst = "";
    home = null;
    ended = now;
  }

  // Nothing has followed for a moment.
  function alone(quiet) {
    if (burst.length === 1 && !quiet && shortcut(burst)) burst = "";
    else if (burst.length < LEAST_SCAN && !quiet) pour();
    else wait(PAUSE_MS - FAST_MS, pour);
  }

  function pour() {
    home = spill(burst);
    if (!home) wait(PAUSE_MS - FAST_MS, () => { burst = ""; });
  }

  // Returns whether the key is dealt with, so that the browser must not do its own with it.
  // `field` is the text field that has the focus, or null; `quiet`: single keys mean something else here.
  return function press(key, now, field = null, quiet = false) {
    const gap = now - last;
    const late = gap > PAUSE_MS && catchUp();
    if (!late && gap > (home ? FAST_MS : PAUSE_MS)) { burst = ""; home = null; }
    const apart = home && home === field ? "" : burst; // what has not gone into the field that has the focus
    if (key === "Enter" || (key === "Tab" && apart.length >= LEAST_SCAN && gap <= FAST_MS)) {
      if (apart && (apart.length >= LEAST_SCAN || gap <= FAST_MS)) {
        if (home) takeBack(home, apart);
        end(now);
        if (apart.length >= LEAST_SCAN) scan(apart);
        else spill(apart);
        return true;
      }
      const again = now - ended <= FAST_MS; // CR and LF
      end(field || late || again ? now : -Infinity);
      return !field && !late && (again || (!quiet && shortcut(key)));
    }
    if (key.length !== 1) {
      if (key === "Tab" || key === "Escape" || key.startsWith("Arrow")) end(-Infinity);
      return !field && !late && !quiet && shortcut(key);
    }
    if (quiet && !field && key === " " && !burst) return false; // ticks a box
    last = now;
    ended = -Infinity;
    if (field && (!burst || home === field)) {
      home = field;
      burst += key;
      return false;
    }
    if (home) takeBack(home, burst);
    home = null;
    burst += key;
    wait(FAST_MS, () => alone(quiet));
    return burst.length > 1 || !quiet;
  };
}
