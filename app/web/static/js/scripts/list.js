// <kefu-script-list>: search, filters and the scripts that match.

import { get } from "../api.js";
import { emit, h, icon, uid } from "../dom.js";
import { domains, STATE_KINDS, STATES } from "./names.js";

const PAUSE_MS = 150;
const PAGE = 50;

class ScriptList extends HTMLElement {
  #taxonomy;
  #filters = { q: "", type: "", technique: "", state: "" };
  #items = [];
  #next = null;
  #chosen = "";
  #newest = 0;
  #timer = 0;
  #rows = h("ul", { class: "rows" });
  #foot = h("div", { class: "list-foot small quiet", role: "status" });
  #type;

  begin(taxonomy) {
    this.#taxonomy = taxonomy;
    const box = h("input", { class: "input", type: "search", id: uid("search"), placeholder: "搜标题、内容或拼音首字母", maxlength: 200 });
    box.addEventListener("input", () => this.#filter({ q: box.value }, PAUSE_MS));
    this.#type = this.#select("类型", "type", h("option", { value: "" }, "全部类型"),
      domains(taxonomy.types).map((group) => h("optgroup", { label: group.name }, group.types.map(([id, name]) => h("option", { value: id }, name)))));
    this.#type.classList.add("type-filter");
    const technique = this.#select("技巧", "technique", h("option", { value: "" }, "全部技巧"), options(taxonomy.techniques));
    const state = this.#select("状态", "state", h("option", { value: "" }, "全部状态"), options(STATES));
    this.append(
      h("header", { class: "list-head" },
        h("div", { class: "list-title" }, h("h1", {}, "话术库"),
          h("a", { class: "button primary slim", href: "#new" }, icon("plus"), "新建")),
        h("div", { class: "search" }, h("label", { class: "visually-hidden", for: box.id }, "搜索话术"), icon("search"), box),
        h("div", { class: "filters" }, this.#type, technique, state)),
      h("div", { class: "list-body" }, this.#rows, this.#foot));
    this.#rows.addEventListener("keydown", (event) => step(event));
    this.reload();
  }

  choose(type) {
    this.#type.value = type;
    this.#filter({ type }, 0);
  }

  select(id) {
    this.#chosen = id;
    for (const row of this.#rows.querySelectorAll("a")) mark(row, row.dataset.id === id);
  }

  /** Loads the first page again; what is shown stays until the answer is there. */
  async reload(cursor = null) {
    this.#newest += 1;
    const mine = this.#newest;
    const { q, ...rest } = this.#filters;
    const query = new URLSearchParams(Object.entries(rest).filter(([, value]) => value));
    query.set("limit", String(q.trim() ? 200 : PAGE));
    if (q.trim()) query.set("q", q.trim());
    else if (cursor) query.set("cursor", cursor);
    if (!this.#items.length) this.#rows.replaceChildren(...Array.from({ length: 6 }, () => h("li", { class: "skeleton tall" })));
    try {
      const { items, next } = await get(`/v1/scripts${q.trim() ? "/search" : ""}?${query}`);
      if (mine !== this.#newest) return;
      this.#items = cursor ? [...this.#items, ...items] : items;
      this.#next = next;
      this.#show();
    } catch (error) {
      if (mine !== this.#newest) return;
      this.#foot.replaceChildren(h("p", { class: "notice danger", role: "alert" }, icon("offline"), h("span", {}, `列表没有加载:${error.message}`),
        h("button", { class: "button slim", type: "button", onclick: () => this.reload() }, "重试")));
      if (!this.#items.length) this.#rows.replaceChildren();
    }
  }

  #filter(change, pause) {
    Object.assign(this.#filters, change);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.reload(), pause);
    if ("type" in change) emit(this, "type-filter", change.type);
  }

  #select(label, name, ...children) {
    const element = h("select", { class: "input", "aria-label": label }, children);
    element.addEventListener("change", () => this.#filter({ [name]: element.value }, 0));
    return element;
  }

  #show() {
    this.#rows.replaceChildren(...this.#items.map((item) => h("li", {}, this.#row(item))));
    const more = this.#next && h("button", { class: "button slim", type: "button", onclick: () => this.reload(this.#next) }, "再显示一些");
    this.#foot.replaceChildren(this.#items.length
      ? h("p", {}, this.#next ? `已显示 ${this.#items.length} 条` : `共 ${this.#items.length} 条`, " ", more)
      : h("div", { class: "empty" }, icon("search"), h("p", {}, "没有符合条件的话术"), h("p", { class: "small" }, "换个词，或放宽筛选条件。")));
    this.select(this.#chosen);
  }

  #row({ id, state, script }) {
    return h("a", { class: "row", href: `#${encodeURIComponent(id)}`, dataset: { id } },
      h("span", { class: "row-title" }, h("strong", {}, script.title), state !== "published" && h("span", { class: `chip ${STATE_KINDS[state]}` }, STATES[state])),
      h("span", { class: "row-reply small quiet" }, script.reply),
      h("span", { class: "chips" }, script.types.slice(0, 2).map((type) => h("span", { class: "chip" }, this.#taxonomy.types[type] ?? type)),
        h("span", { class: "chip accent" }, this.#taxonomy.techniques[script.techniques[0]] ?? script.techniques[0])));
  }
}

const options = (names) => Object.entries(names).map(([value, name]) => h("option", { value }, name));

function mark(row, current) {
  if (current) row.setAttribute("aria-current", "true");
  else row.removeAttribute("aria-current");
}

function step(event) {
  const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!move) return;
  const rows = [...event.currentTarget.querySelectorAll("a")];
  const next = rows[rows.indexOf(event.target.closest("a")) + move];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

customElements.define("kefu-script-list", ScriptList);
