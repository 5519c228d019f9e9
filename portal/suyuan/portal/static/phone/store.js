/* What this phone keeps: its key and name, what waits to be sent, what it learned. One IndexedDB database. */

const NAME = "suyuan";
const STORES = { self: {}, kept: {}, queue: { keyPath: "number", autoIncrement: true } };

/** @type {Promise<IDBDatabase> | undefined} */
let opened;

/** The open database; made on the first visit. */
function database() {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      for (const [name, options] of Object.entries(STORES)) asked.result.createObjectStore(name, options);
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => { opened = undefined; reject(asked.error); };
  });
  return opened;
}

/**
 * Run `work` in one transaction. A writing one is over only when the disk has it: "done" on the screen is a
 * promise that a flat battery must not break.
 * @template T
 * @param {string} store
 * @param {"readonly" | "readwrite"} mode
 * @param {(store: IDBObjectStore) => IDBRequest<T>} work
 * @returns {Promise<T>}
 */
async function run(store, mode, work) {
  const db = await database();
  return new Promise((resolve, reject) => {
    const transaction = db.transaction(store, mode, { durability: "strict" });
    const request = work(transaction.objectStore(store));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error ?? request.error);
  });
}

/** @param {string} store @param {IDBValidKey} key */
export const get = (store, key) => run(store, "readonly", (s) => s.get(key));

/** Every value of a store, in the order of keys. @param {string} store */
export const all = (store) => run(store, "readonly", (s) => s.getAll());

/** @param {string} store @param {unknown} value @param {IDBValidKey} [key] */
export const put = (store, value, key) => run(store, "readwrite", (s) => s.put(value, key));

/** @param {string} store @param {IDBValidKey} key */
export const remove = (store, key) => run(store, "readwrite", (s) => s.delete(key));

/** How many values a store has. @param {string} store */
export const count = (store) => run(store, "readonly", (s) => s.count());
