/* The detector of symbols, in a worker: pictures in, texts out. Only here WebAssembly is compiled (decision 0036). */

import { BarcodeDetector, prepareZXingModule } from "barcode-detector/ponyfill";

// From beside this script, never from the network that the library would ask by itself.
prepareZXingModule({ overrides: { locateFile: (name) => new URL(name, self.location.href).href } });

const detector = new BarcodeDetector({
  formats: ["qr_code", "data_matrix", "ean_13", "ean_8", "upc_a", "upc_e", "code_128", "itf"],
});

self.addEventListener("message", async ({ data: { number, picture } }) => {
  try {
    const found = await detector.detect(picture);
    self.postMessage({ number, texts: found.map((symbol) => symbol.rawValue) });
  } catch (error) {
    self.postMessage({ number, fault: String(error) });
  } finally {
    picture.close();
  }
});
