/* The camera: the browser's own detector where it has one, else ours in a worker, else a photo for the server. */

import { byId, kept, say, tell } from "./speech.js";

const FORMATS = ["qr_code", "data_matrix", "ean_13", "ean_8", "upc_a", "upc_e", "code_128", "itf"];
const LOOK_MS = 150;
const SHOWN = 300;
const NEAR = 2; // at which zoom lenses of phones focus on what is a hand away

const page = byId("scan");
const video = /** @type {HTMLVideoElement} */ (byId("picture"));
const start = byId("start");
const Native = /** @type {any} */ (globalThis).BarcodeDetector;

/** @typedef {(picture: ImageBitmap) => Promise<string[]>} Detect */

/** @returns {Promise<Detect | undefined>} */
async function ownDetector() {
  if (!Native) return undefined;
  try {
    const known = await Native.getSupportedFormats();
    if (!known.includes("qr_code") || !known.includes("data_matrix")) return undefined;
    const native = new Native({ formats: FORMATS.filter((format) => known.includes(format)) });
    return async (picture) => {
      try {
        return (await native.detect(picture)).map((/** @type {any} */ found) => found.rawValue);
      } finally {
        picture.close();
      }
    };
  } catch {
    return undefined; // some systems name the class and have nothing behind it
  }
}

/** @param {string} address @returns {Detect} */
function workersDetector(address) {
  const worker = new Worker(address, { type: "module" });
  /** @type {Map<number, [(texts: string[]) => void, (error: Error) => void]>} */
  const waiting = new Map();
  let number = 0;
  worker.onmessage = ({ data }) => {
    const [found, failed] = waiting.get(data.number) ?? [];
    waiting.delete(data.number);
    if (data.texts) found?.(data.texts);
    else failed?.(new Error(data.fault));
  };
  worker.onerror = (event) => {
    for (const [, failed] of waiting.values()) failed(new Error(event.message));
    waiting.clear();
  };
  return (picture) => new Promise((found, failed) => {
    waiting.set((number += 1), [found, failed]);
    worker.postMessage({ number, picture }, [picture]);
  });
}

/** @type {Promise<Detect | undefined> | undefined} */
let making;

/** Made when it is first needed: nobody who only types a code loads a megabyte. */
function detector() {
  making ??= ownDetector().then((own) => own ?? (page.dataset.detector ? workersDetector(page.dataset.detector) : undefined));
  return making;
}

/** The server says where a code leads; nothing that was read is ever opened by this page. @param {string} code */
function go(code) {
  stop();
  navigator.vibrate?.(60);
  tell(say("found"));
  location.assign(pageOf(code));
}

/** @param {string} code */
function pageOf(code) {
  const address = new URL(kept("/scan"), location.origin);
  address.searchParams.set("code", code);
  return address.href;
}

// The camera

/** @type {MediaStream | undefined} */
let stream;

function stop() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = undefined;
  video.srcObject = null;
  video.hidden = true;
  start.textContent = say("start") === "start" ? start.dataset.start ?? "" : say("start");
  for (const name of ["torch", "lenses", "zooms"]) byId(name).hidden = true;
}

/** @param {unknown} error */
function refusal(error) {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "refused";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "no-camera";
  return "camera-busy";
}

/** @param {string} [lens] */
async function look(lens) {
  stop();
  if (!window.isSecureContext || !navigator.mediaDevices?.getUserMedia) {
    tell(say("insecure"));
    return;
  }
  tell(say("starting"));
  const detect = await detector();
  if (!detect) {
    tell(say("no-detector"));
    return;
  }
  try {
    const facing = lens ? { deviceId: { exact: lens } } : { facingMode: { ideal: "environment" } };
    stream = await navigator.mediaDevices.getUserMedia({ video: { ...facing, width: { ideal: 1280 }, height: { ideal: 720 } } });
  } catch (error) {
    tell(say(refusal(error)));
    return;
  }
  video.srcObject = stream;
  video.hidden = false;
  await video.play();
  start.textContent = say("stop");
  const [track] = stream.getVideoTracks();
  await sharpen(track);
  await offerLenses(track);
  tell(say("looking"));
  await watch(stream, detect);
}

/** @param {MediaStream} mine @param {Detect} detect */
async function watch(mine, detect) {
  while (stream === mine) {
    try {
      const [code] = await detect(await createImageBitmap(video));
      if (code && stream === mine) return go(code);
    } catch {
      // Our detector could not be loaded, or the policy of an old browser refuses it: the photo is left.
      if (stream !== mine) return undefined;
      stop();
      tell(say("no-detector"));
      return undefined;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return undefined;
}

/** Whatever of focus, zoom and light this lens has. @param {MediaStreamTrack} track */
async function sharpen(track) {
  const can = /** @type {any} */ (track.getCapabilities?.() ?? {});
  const wish = /** @type {any} */ ({});
  if (can.focusMode?.includes("continuous")) wish.focusMode = "continuous";
  if (can.zoom) {
    wish.zoom = Math.min(Math.max(NEAR, can.zoom.min), can.zoom.max);
    const zoom = /** @type {HTMLInputElement} */ (byId("zoom"));
    Object.assign(zoom, { min: can.zoom.min, max: can.zoom.max, step: can.zoom.step || 0.1, value: wish.zoom });
    zoom.oninput = () => track.applyConstraints({ advanced: [/** @type {any} */ ({ zoom: Number(zoom.value) })] }).catch(() => undefined);
    byId("zooms").hidden = false;
  }
  if (Object.keys(wish).length) await track.applyConstraints({ advanced: [wish] }).catch(() => undefined);
  const torch = byId("torch");
  torch.hidden = !can.torch;
  torch.onclick = async () => {
    const on = torch.getAttribute("aria-pressed") !== "true";
    await track.applyConstraints({ advanced: [/** @type {any} */ ({ torch: on })] }).catch(() => undefined);
    torch.setAttribute("aria-pressed", String(on));
    torch.textContent = say(on ? "torch-off" : "torch-on");
  };
}

/** @param {MediaStreamTrack} track */
async function offerLenses(track) {
  const lenses = (await navigator.mediaDevices.enumerateDevices()).filter((device) => device.kind === "videoinput");
  const lens = /** @type {HTMLSelectElement} */ (byId("lens"));
  byId("lenses").hidden = lenses.length < 2;
  const now = track.getSettings().deviceId;
  lens.replaceChildren(...lenses.map((one, at) => new Option(one.label || `${say("camera")} ${at + 1}`, one.deviceId, false, one.deviceId === now)));
  lens.onchange = () => look(lens.value);
}

/** Which of the codes in a photo is meant, each with a bound and without what cannot be seen. @param {string[]} codes */
function choose(codes) {
  byId("several").querySelector("ul")?.replaceChildren(...codes.map((code) => {
    const choice = document.createElement("a");
    choice.href = pageOf(code);
    choice.className = "code";
    choice.textContent = code.slice(0, SHOWN).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "\u2423") + (code.length > SHOWN ? "…" : "");
    const line = document.createElement("li");
    line.append(choice);
    return line;
  }));
  byId("several").hidden = false;
  tell(say("several"));
}

start.dataset.start = start.textContent ?? "";
start.addEventListener("click", () => {
  if (!stream) return look();
  stop();
  tell("");
  return undefined;
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden && stream) {
    stop();
    tell("");
  }
});

// A photo: looked at here where that is possible, so that it need not leave the phone

const form = /** @type {HTMLFormElement} */ (byId("photo-form"));
form.addEventListener("submit", async (event) => {
  const photo = /** @type {HTMLInputElement} */ (byId("photo")).files?.[0];
  if (!photo) return;
  event.preventDefault();
  tell(say("photo-looking"));
  try {
    const detect = await detector();
    const found = [...new Set(detect ? await detect(await createImageBitmap(photo)) : [])];
    if (found.length === 1) return go(found[0]);
    if (found.length) return choose(found);
  } catch {
    // a kind of picture that only the server knows: it will say
  }
  form.submit();
});

// A chip

if ("NDEFReader" in window) {
  const nfc = byId("nfc");
  nfc.hidden = false;
  nfc.addEventListener("click", async () => {
    const reader = new /** @type {any} */ (window).NDEFReader();
    reader.onreadingerror = () => tell(say("nfc-failed"));
    reader.onreading = ({ message }) => {
      for (const record of message.records) {
        if (["url", "absolute-url", "text"].includes(record.recordType) && record.data) {
          return go(new TextDecoder(record.encoding || "utf-8").decode(record.data).slice(0, 2048));
        }
      }
      return tell(say("nfc-empty"));
    };
    try {
      await reader.scan();
      tell(say("nfc-waiting"));
    } catch {
      tell(say("nfc-refused"));
    }
  });
}

byId("camera").hidden = !(Native || page.dataset.detector || "NDEFReader" in window);
