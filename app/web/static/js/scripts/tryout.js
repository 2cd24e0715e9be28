// Paste customer messages, see where the script in the form would rank for each.

import { Problem, post } from "../api.js";
import { h, icon, uid } from "../dom.js";

const MAX_MESSAGES = 50;

export class TryOut {
  element;
  #draft;
  #area = h("textarea", { class: "input", id: uid("try"), rows: 5, placeholder: "每行一条客户消息" });
  #result = h("div", { "aria-live": "polite" });
  #newest = 0;

  /** `draft()` returns the script as it stands in the form. */
  constructor(draft) {
    this.#draft = draft;
    this.element = h("div", { class: "tryout" },
      h("div", { class: "field" }, h("label", { for: this.#area.id }, "粘贴客户消息，看这条话术(按现在表单里的内容)排第几。不会保存，也不影响坐席。"), this.#area),
      h("button", { class: "button primary", type: "button", onclick: () => this.#run() }, "试一试"), this.#result);
  }

  clear() {
    this.#newest += 1;
    this.#result.replaceChildren();
  }

  async #run() {
    const messages = this.#area.value.split("\n").map((line) => line.trim()).filter(Boolean).slice(0, MAX_MESSAGES);
    if (!messages.length) {
      this.#area.focus();
      return;
    }
    this.#newest += 1;
    const mine = this.#newest;
    this.#result.replaceChildren(h("div", { class: "skeleton tall" }));
    try {
      const { items } = await post("/v1/scripts/try", { script: this.#draft(), messages });
      if (mine === this.#newest) this.#result.replaceChildren(table(items));
    } catch (error) {
      if (mine === this.#newest) this.#result.replaceChildren(h("p", { class: "notice danger", role: "alert" }, icon("alert"), sentence(error)));
    }
  }
}

function sentence(error) {
  const first = error instanceof Problem && error.errors[0];
  return first ? `内容还不完整:${first.field.replace("script.", "")} ${first.message}` : error.message;
}

function table(items) {
  const first = items.filter((item) => item.rank === 1).length;
  return h("div", { class: "scroll" },
    h("p", { class: "small quiet" }, `${items.length} 条消息，排第一 ${first} 条，进前三 ${items.filter((item) => item.rank && item.rank <= 3).length} 条`),
    h("table", {}, h("thead", {}, h("tr", {}, ["客户消息", "名次", "得分", "排第一的话术"].map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, items.map(row))));
}

function row({ message, rank, score, leader_id: id, leader_title: title }) {
  const kind = rank === null ? "danger" : rank <= 3 ? "ok" : "warn";
  return h("tr", {}, h("td", {}, message), h("td", {}, h("span", { class: `chip ${kind}` }, rank === null ? "未命中" : `第 ${rank}`)),
    h("td", {}, rank === null ? "–" : score.toFixed(2)),
    h("td", {}, rank === 1 ? "就是它" : id ? h("a", { href: `#${encodeURIComponent(id)}` }, title) : "没有"));
}
