/* Reading symbols: with the camera where the browser can, else from a photo that the server looks at. */

import { Refused, ask } from "./device.js";

const FORMATS = ["qr_code", "data_matrix", "ean_13", "ean_8", "upc_a", "code_128", "itf"];
const LONGEST_SIDE = 2000;
const LIMIT = 10 * 1024 * 1024;
const LOOK_MS = 200;
const SEND_MS = 180_000; // ten megabytes over a poor network

const Detector = /** @type {any} */ (globalThis).BarcodeDetector;

/** Whether this browser reads symbols by itself. */
export const live = () => Boolean(Detector && navigator.mediaDevices?.getUserMedia);

/**
 * Look through the camera until something is seen or `stop` is signalled; the text, or nothing.
 * @param {HTMLVideoElement} video
 * @param {AbortSignal} stop
 * @returns {Promise<string | undefined>}
 */
export async function look(video, stop) {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } } });
  } catch {
    throw new Refused("camera.refused");
  }
  try {
    video.srcObject = stream;
    await video.play();
    const detector = new Detector({ formats: FORMATS });
    while (!stop.aborted) {
      const [found] = await detector.detect(video);
      if (found) return found.rawValue;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    return undefined;
  } finally {
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  }
}

/**
 * The texts of the symbols in a photo. It is made smaller before it is sent: a symbol needs no 50 megapixels.
 * @param {File} photo
 * @returns {Promise<string[]>}
 */
export async function photographed(photo) {
  const smaller = await shrunk(photo);
  if (Detector && smaller.bitmap) {
    const found = await new Detector({ formats: FORMATS }).detect(smaller.bitmap);
    if (found.length) return found.map((/** @type {any} */ symbol) => symbol.rawValue);
  }
  if (smaller.blob.size > LIMIT) throw new Refused("too-large");
  const told = await ask("/phone/decode", { method: "POST", body: smaller.blob, signal: AbortSignal.timeout(SEND_MS),
    headers: { "Content-Type": smaller.blob.type || "application/octet-stream" } });
  return told.symbols.map((/** @type {{text: string}} */ symbol) => symbol.text);
}

/** @param {File} photo @returns {Promise<{blob: Blob, bitmap?: ImageBitmap}>} */
async function shrunk(photo) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(photo);
  } catch {
    return { blob: photo }; // no picture, or a kind that only the server knows: it will say
  }
  const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale);
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9));
  return blob ? { blob, bitmap } : { blob: photo, bitmap };
}
