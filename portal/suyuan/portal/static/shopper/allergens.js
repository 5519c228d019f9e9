// What a visitor is allergic to, kept on this device alone, held against what is registered for the goods.
// Without a script nothing of it is shown: the page says the same of everybody's allergens. Where no group was
// recognised nothing is known, and where others were, that is no word for yours.
const KEPT = "suyuan.allergens";
const form = document.getElementById("mine");
const warning = document.getElementById("mine-warning");

function kept() {
  let told;
  try {
    told = localStorage.getItem(KEPT);
  } catch {
    return null; // some windows may keep nothing: then there is nothing to offer
  }
  try {
    return new Set(Array.from(JSON.parse(told ?? "[]")));
  } catch {
    return new Set(); // what is kept there is not ours
  }
}

function shown(mine) {
  const contained = new Set(form.dataset.groups.split(" ").filter(Boolean));
  const boxes = [...form.elements.mine];
  const found = boxes.filter((box) => mine.has(box.value) && contained.has(box.value));
  warning.querySelector("strong").textContent = found.map((box) => box.parentElement.textContent.trim()).join(warning.dataset.comma);
  warning.hidden = found.length === 0;
  form.querySelector("[data-mine=none]").hidden = !(mine.size && contained.size && !found.length);
  form.querySelector("[data-mine=unknown]").hidden = !(mine.size && !contained.size);
}

const mine = form && kept();
if (mine) {
  for (const box of form.elements.mine) box.checked = mine.has(box.value);
  form.hidden = false;
  shown(mine);
  form.addEventListener("change", () => {
    const ticked = [...form.elements.mine].filter((box) => box.checked).map((box) => box.value);
    try {
      localStorage.setItem(KEPT, JSON.stringify(ticked));
    } catch {
      // it still counts for this page
    }
    shown(new Set(ticked));
  });
}
