// Shows the tags as they are read: the part of the page that changes is fetched anew, the form stays as typed.
const seen = document.getElementById("seen");
let missed = 0;
let sent = false;

// Where to go is said by the answer to the form: while the station starts anew, nothing else leads away.
addEventListener("submit", () => { sent = true; });
addEventListener("pageshow", () => { sent = false; });

async function look() {
  try {
    const answer = await fetch(seen.dataset.from, { headers: { Accept: "text/html" } });
    if (answer.status === 410 && !sent) {
      location.assign("/setup");
      return;
    }
    if (answer.ok) {
      seen.innerHTML = await answer.text();
      missed = 0;
    }
  } catch {
    missed += 1;
  }
  setTimeout(look, Math.min(1000 * (1 + missed), 10000));
}

look();
