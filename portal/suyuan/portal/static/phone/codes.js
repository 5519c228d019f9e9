/* What a scanner, a camera or a person gave, as the thing that it names: the same keys as on the server. */

const BASE = "https://id.gs1.org";
const SEPARATOR = "\x1d";
const SYMBOLOGY = /^\](C1|e0|e1|e2|d2|Q3|J1)/;
const DIGITS = { "00": 18, "01": 14 };
/** Element strings of predefined length: first two digits -> AI and value together. */
const PREDEFINED = { "00": 20, "01": 16, "02": 16, "03": 16, "04": 18, 20: 4, 41: 16 };
for (let ai = 11; ai < 20; ai += 1) PREDEFINED[ai] = 8;
for (let ai = 31; ai < 37; ai += 1) PREDEFINED[ai] = 10;
/** Lots and serials (GS1 General Specifications, figure 7.11-1). */
const CSET_82 = /^[!"%-?A-Z_a-z]{1,20}$/;
/** Digits and letters that nobody confuses, of which platforms make their codes. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const OWN = /^https?:\/\/([^/?#]+)([^?#]*?)\/own\/(product|unit)\/([^?#]+)$/i;

/**
 * @typedef {{kind: "item" | "lot" | "unit" | "product", key: string, lotKey?: string, product?: string,
 *   gtin?: string, lot?: string, serial?: string, sscc?: string}} Named
 */

/** What cannot be read; `code` names a text. */
export class CodeWrong extends Error {
  /** @param {string} code */
  constructor(code) {
    super(code);
    this.code = code;
  }
}

/**
 * The thing that a text names. `home` is where the short codes of this platform live.
 * @param {string} given @param {string} [home] @returns {Named}
 */
export function read(given, home = "") {
  const text = given.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "");
  if (!text || text.length > 2048) throw new CodeWrong("not-a-code");
  const own = OWN.exec(text);
  if (own) return ofOwn(own);
  if (/^https?:\/\//i.test(text)) return named(ofPath(text));
  if (text.startsWith("(")) return named(ofBrackets(text));
  if (/^urn:epc:/i.test(text)) return ofUrn(text);
  const bare = text.replace(SYMBOLOGY, "");
  if (bare !== text || bare.startsWith(SEPARATOR) || /^(01\d{14}|00\d{18}$)/.test(bare)) return named(ofScan(bare));
  const digits = text.replace(/[\s-]/g, "");
  if (/^\d{18}$/.test(digits)) return named([["00", digits]]);
  if (/^(\d{8}|\d{12,14})$/.test(digits)) return named([["01", digits]]);
  if (/^[A-Za-z](?=\S*\d)[A-Za-z0-9]{3,15}(\s|$)/.test(text)) return ofShort(text, home);
  throw new CodeWrong("not-a-code");
}

/**
 * The thing that the server found behind a short link, which a phone alone cannot read.
 * @param {{gtin: string | null, lot: string | null, serial: string | null, sscc: string | null}} told @returns {Named}
 */
export function ofServer({ gtin, lot, serial, sscc }) {
  const pairs = sscc ? [["00", sscc]] : [["01", gtin ?? ""], ["10", lot ?? ""], ["21", serial ?? ""]];
  return named(pairs.filter(([, value]) => value));
}

/** A lot of a product. @param {Named} product @param {string} lot @returns {Named} */
export function lotOf(product, lot) {
  const text = lot.trim();
  if (!product.gtin) {
    if (!text || text.length > 40) throw new CodeWrong("lot.bad");
    const key = `${product.key}/lot/${escaped(text)}`;
    return { ...product, kind: "lot", key, lot: text, lotKey: key };
  }
  if (!CSET_82.test(text)) throw new CodeWrong("lot.bad");
  return named([["01", product.gtin], ["10", text]]);
}

/** Kilograms as people write them, with comma or point; null if it is no amount. @param {string} text */
export function amount(text) {
  const plain = text.trim().replace(/[，]/g, ",").replace(/[。]/g, ".").replace(",", ".");
  if (!/^\d{1,6}(\.\d{1,3})?$/.test(plain)) return null;
  const value = Number(plain);
  return value > 0 ? value : null;
}

/** @param {string[][]} pairs @returns {Named} */
function named(pairs) {
  const told = Object.fromEntries(pairs);
  if (told["00"] !== undefined) {
    check(told["00"], DIGITS["00"]);
    return { kind: "unit", key: `${BASE}/00/${told["00"]}`, sscc: told["00"] };
  }
  if (told["01"] === undefined) throw new CodeWrong("not-goods");
  const gtin = told["01"].padStart(14, "0");
  check(gtin, DIGITS["01"]);
  const product = `${BASE}/01/${gtin}`;
  const [lot, serial] = [told["10"], told["21"]];
  if ([lot, serial].some((text) => text !== undefined && !CSET_82.test(text))) throw new CodeWrong("not-a-code");
  const lotKey = lot ? `${product}/10/${escaped(lot)}` : undefined;
  const rest = { gtin, product, lot, serial, lotKey };
  if (serial) return { kind: "item", key: `${product}/21/${escaped(serial)}`, ...rest };
  if (lotKey) return { kind: "lot", key: lotKey, ...rest };
  return { kind: "product", key: product, ...rest };
}

/** @param {string} number @param {number} length */
function check(number, length) {
  if (!/^\d+$/.test(number) || number.length !== length) throw new CodeWrong("not-a-code");
  let sum = 0;
  for (let at = 0; at < length - 1; at += 1) sum += Number(number[length - 2 - at]) * (at % 2 ? 1 : 3);
  if ((10 - (sum % 10)) % 10 !== Number(number[length - 1])) throw new CodeWrong("check-digit");
}

/** @param {string} value */
const escaped = (value) =>
  encodeURIComponent(value).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

/** @param {string} link @returns {string[][]} */
function ofPath(link) {
  const segments = pathOf(link).split("/").filter(Boolean).map(decoded);
  const start = segments.findIndex((segment, at) => segment in DIGITS && /^\d+$/.test(segments[at + 1] ?? ""));
  if (start < 0) throw new CodeWrong("not-goods");
  if ((segments.length - start) % 2) throw new CodeWrong("not-goods"); // maybe packed behind its key
  const pairs = [];
  for (let at = start; at + 1 < segments.length; at += 2) pairs.push([segments[at], segments[at + 1]]);
  return pairs;
}

/** @param {string} link */
function pathOf(link) {
  try {
    return new URL(link).pathname;
  } catch {
    throw new CodeWrong("not-a-code");
  }
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new CodeWrong("not-a-code");
  }
}

/** @param {string} text @returns {string[][]} */
function ofBrackets(text) {
  return [...text.matchAll(/\((\d{2,4})\)([^(]*)/g)].map((part) => [part[1], part[2].trim()]);
}

/** @param {string} text @returns {string[][]} */
function ofScan(text) {
  const pairs = [];
  let rest = text.replace(/^\x1d/, "");
  while (rest) {
    const size = PREDEFINED[/** @type {any} */ (rest.slice(0, 2))];
    const ai = rest.slice(0, /^(3[1-6]|39|43|7[0]|8[0-2])/.test(rest) ? 4 : /^(2[345]|4[0-2]|71)/.test(rest) ? 3 : 2);
    if (!/^\d+$/.test(ai)) throw new CodeWrong("not-a-code");
    const end = size ?? (rest.indexOf(SEPARATOR) < 0 ? rest.length : rest.indexOf(SEPARATOR));
    pairs.push([ai, rest.slice(ai.length, end)]);
    rest = rest.slice(end).replace(/^\x1d/, "");
  }
  return pairs;
}

/** sgtin, lgtin and sscc in their URN forms. @param {string} text @returns {Named} */
function ofUrn(text) {
  const found = /^urn:epc:(?:id|class):(sgtin|lgtin|sscc):(\d+)\.(\d+)(?:\.(.+))?$/i.exec(text);
  if (!found) throw new CodeWrong("not-goods");
  const [, scheme, prefix, reference, rest = ""] = found;
  const body = reference[0] + prefix + reference.slice(1);
  const number = body + digit(body);
  if (scheme.toLowerCase() === "sscc") return named([["00", number]]);
  return named([["01", number], [scheme.toLowerCase() === "lgtin" ? "10" : "21", decoded(rest)]]);
}

/** The GS1 check digit. @param {string} body */
function digit(body) {
  let sum = 0;
  for (let at = 0; at < body.length; at += 1) sum += Number(body[body.length - 1 - at]) * (at % 2 ? 1 : 3);
  return String((10 - (sum % 10)) % 10);
}

/** A code of this platform as it is printed: alone, or before the groups of a serial. @param {string} text @param {string} home @returns {Named} */
function ofShort(text, home) {
  if (!home) throw new CodeWrong("own-code");
  const [code, ...groups] = text.toUpperCase().replaceAll("O", "0").replace(/[IL]/g, "1").split(/\s+/);
  if (!checked(code)) throw new CodeWrong("check-digit");
  if (code.startsWith("K")) return { kind: "unit", key: `${home}/own/unit/${code}` };
  const serial = groups.join("").replaceAll("-", "");
  return read(`${home}/own/product/${code}${serial ? `/serial/${serial}` : ""}`);
}

/** Whether the last character is the check character of the others: a sum over GF(32). @param {string} code */
function checked(code) {
  let sum = 0;
  for (const sign of code) {
    const value = ALPHABET.indexOf(sign);
    if (value < 0) return false;
    sum = (sum & 16 ? (sum << 1) ^ 37 : sum << 1) ^ value;
  }
  return sum === 0;
}

/** An identifier that a platform gave to who has none of GS1. @param {RegExpExecArray} found @returns {Named} */
function ofOwn(found) {
  const [, host, prefix, kind, rest] = found;
  const [code, ...more] = rest.split("/").map(decoded);
  const key = `https://${host.toLowerCase()}${prefix}/own/${kind.toLowerCase()}/${code.toUpperCase()}`;
  if (kind.toLowerCase() === "unit") return { kind: "unit", key };
  const told = Object.fromEntries(more.flatMap((name, at) => (at % 2 ? [] : [[name, more[at + 1]]])));
  const lotKey = told.lot ? `${key}/lot/${escaped(told.lot)}` : undefined;
  const parts = { product: key, lot: told.lot, serial: told.serial, lotKey };
  if (told.serial) return { kind: "item", key: `${key}/serial/${escaped(told.serial)}`, ...parts };
  return lotKey ? { kind: "lot", key: lotKey, ...parts } : { kind: "product", key, ...parts };
}
