/* Shows what the reader's goods are said to be, in both languages, and is ready again after a while. */

const SHAPES = {
  stop: "M15 3h18l12 12v18L33 45H15L3 33V15z", attention: "M24 5.5 44.5 42h-41z",
  verified: "M24 3a21 21 0 1 0 .01 0zM13 25l4-4 5 5 10-12 4 4-14 16z", registered: "M4 4h40v40H4zM14 15v4h20v-4zm0 8v4h20v-4zm0 8v4h13v-4z",
  unknown: "M24 4a20 20 0 1 0 .01 0z",
};
const FACTS = [["lot", "批号", "Batch"], ["made", "生产日期", "Produced"], ["last_day", "到期日", "Last day"]];

const at = (id) => document.getElementById(id);
const [board, stay, hold, link] = ["board", "stay", "hold", "link"].map(at);
const ready = Object.fromEntries(["zh", "en", "zh-why", "en-why"].map((id) => [id, at(id).textContent]));
let left = 0;
let held = false;

function show(tone, texts, facts) {
  board.dataset.tone = tone;
  board.querySelector("path").setAttribute("d", SHAPES[tone] ?? "");
  for (const [id, text] of Object.entries(texts)) at(id).textContent = text;
  at("facts").replaceChildren(...facts);
}

function fact(zh, en, value) {
  const around = document.createElement("div");
  const name = document.createElement("dt");
  const told = document.createElement("dd");
  name.textContent = `${zh} ${en}`;
  told.textContent = value;
  around.append(name, told);
  return around;
}

function begin() {
  left = Number(stay.value);
  held = false;
  tick();
}

function tick() {
  hold.hidden = !left || board.dataset.tone === "ready";
  hold.setAttribute("aria-pressed", String(held));
}

const source = new EventSource("/seen");
source.onopen = () => { link.textContent = ""; show("ready", ready, []); tick(); };
source.onerror = () => {
  // Nothing old may stand there while nothing new can come.
  show("ready", { ...ready, zh: "读取程序没有运行", en: "The reader program is not running" }, []);
  link.textContent = "读取程序没有应答 · The reader program does not answer";
};
source.onmessage = ({ data }) => {
  const told = JSON.parse(data);
  const facts = FACTS.filter(([key]) => told[key]).map(([key, zh, en]) => fact(zh, en, told[key]));
  const name = [...new Set(told.name.filter(Boolean))].join(" · ");
  if (name) facts.unshift(fact("商品", "Product", name));
  show(told.tone, { zh: told.word[0], en: told.word[1], "zh-why": told.sentence[0], "en-why": told.sentence[1] }, facts);
  begin();
};

setInterval(() => {
  if (!left || held || board.dataset.tone === "ready") return;
  left -= 1;
  if (!left) show("ready", ready, []);
  tick();
}, 1000);
hold.addEventListener("click", () => { held = !held; tick(); });
stay.addEventListener("change", begin);
