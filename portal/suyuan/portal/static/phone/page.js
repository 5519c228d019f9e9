/* Elements of the page: those that are there, and new ones. */

/** @param {string} id @returns {any} */
export const at = (id) => document.getElementById(id);

/** @param {string} tag @param {Record<string, any>} [properties] @param {(Node | string)[]} children */
export function make(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** A button that does something. @param {string} word @param {() => unknown} pressed @param {string} [look] */
export function button(word, pressed, look = "") {
  const made = make("button", { type: "button", className: look }, word);
  made.addEventListener("click", pressed);
  return made;
}
