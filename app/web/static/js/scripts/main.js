// The trainer's page: types, list and editor; the address says which script is open.

import { get, once } from "../api.js";
import { ask, h, icon } from "../dom.js";
import "./browse.js";
import "./editor.js";
import "./list.js";

const browse = document.querySelector("kefu-browse");
const list = document.querySelector("kefu-script-list");
const editor = document.querySelector("kefu-script-editor");
const NEW = "new";

let words;
let type = "";
let shown = ""; // the part of the address after # that is open now

async function begin() {
  words = await once("/v1/taxonomy");
  editor.begin(words);
  list.begin(words.taxonomy);
  await count();
  await follow();
}

async function count() {
  browse.show(words.taxonomy.types, await get("/v1/scripts/counts"), type);
}

/** Opens what the address names; asks first when that would lose what was typed. */
async function follow() {
  const wanted = decodeURIComponent(location.hash.slice(1));
  if (wanted === shown) return;
  if (editor.dirty && !(await leave())) {
    history.replaceState(null, "", shown ? `#${encodeURIComponent(shown)}` : location.pathname);
    return;
  }
  shown = wanted;
  document.body.classList.toggle("has-detail", Boolean(wanted));
  list.select(wanted);
  if (!wanted) editor.close();
  else if (wanted === NEW) editor.openNew();
  else await editor.open(wanted);
}

async function leave() {
  const answer = await ask({
    title: "修改还没有保存", body: [h("p", {}, "离开会丢掉刚才的修改。")],
    actions: [{ value: "", label: "留下来" }, { value: "leave", label: "放弃修改", kind: "danger" }],
  });
  return answer === "leave";
}

browse.addEventListener("type-choose", (event) => list.choose(event.detail));
list.addEventListener("type-filter", (event) => {
  type = event.detail;
  count().catch(() => {});
});
editor.addEventListener("script-saved", ({ detail: { stored, fresh } }) => {
  if (fresh) {
    shown = stored.id;
    history.replaceState(null, "", `#${encodeURIComponent(stored.id)}`);
  }
  list.reload().then(() => list.select(shown));
  count().catch(() => {});
});
window.addEventListener("hashchange", follow);
window.addEventListener("beforeunload", (event) => {
  if (editor.dirty) event.preventDefault();
});

begin().catch((error) => {
  list.replaceChildren(h("div", { class: "empty", role: "alert" }, icon("offline"), h("p", {}, `话术库没有加载:${error.message}`),
    h("button", { class: "button", type: "button", onclick: () => location.reload() }, "重试")));
});
