"use strict";

// ---- Sound: rising for done, two for attention, three low ones for stop. It repeats what is seen.

const sound = document.getElementById("sound");
let muted = localStorage.getItem("muted") === "1";
let audio = null;

function showSound() {
  const waits = !muted && audio?.state !== "running";
  sound.setAttribute("aria-pressed", String(muted || waits));
  sound.querySelector(".name").textContent = muted ? sound.dataset.off : waits ? sound.dataset.touch : sound.dataset.on;
  sound.title = sound.querySelector(".name").textContent;
}

// Browsers stay silent until the page was touched once.
function wake() {
  audio ??= new AudioContext();
  audio.onstatechange = showSound;
  if (audio.state !== "running") audio.resume();
  showSound();
}
addEventListener("pointerdown", wake);
addEventListener("keydown", wake);
sound.addEventListener("click", () => {
  muted = !muted;
  localStorage.setItem("muted", muted ? "1" : "0");
  showSound();
});
showSound();

function tone(notes, type) {
  document.documentElement.dataset.sounded = `${notes.length} ${type}`;
  if (muted || audio?.state !== "running") return;
  for (const [pitch, at, seconds] of notes) {
    const voice = audio.createOscillator();
    const volume = audio.createGain();
    const from = audio.currentTime + at;
    voice.type = type;
    voice.frequency.value = pitch;
    volume.gain.setValueAtTime(0.0001, from);
    volume.gain.exponentialRampToValueAtTime(0.4, from + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, from + seconds);
    voice.connect(volume).connect(audio.destination);
    voice.start(from);
    voice.stop(from + seconds);
  }
}

function play(now) {
  if (now === "done") tone([[660, 0, 0.15], [990, 0.13, 0.35]], "sine");
  if (now === "attention") tone([[520, 0, 0.2], [520, 0.28, 0.2]], "triangle");
  if (now === "stop") tone([[196, 0, 0.3], [196, 0.38, 0.3], [196, 0.76, 0.6]], "square");
}
