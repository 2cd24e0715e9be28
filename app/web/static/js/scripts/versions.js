// Published versions, what changed since, and the way back.

import { get } from "../api.js";
import { h } from "../dom.js";
import { moment } from "../text.js";
import { changes } from "./diff.js";

/** Returns (field, id) → the name people know. */
export function naming({ taxonomy }) {
  const tables = { types: taxonomy.types, techniques: taxonomy.techniques, stage: taxonomy.stages,
    severity_limit: Object.fromEntries(Object.values(taxonomy.severity).map((grade) => [grade.id, grade.name])) };
  return (field, id) => tables[field]?.[id] ?? id;
}

export class Versions {
  element = h("div", { class: "versions" });
  #names;
  #back;
  #newest = 0;

  /** `back(version)` makes a version the draft. */
  constructor(words, back) {
    this.#names = naming(words);
    this.#back = back;
  }

  async show(stored) {
    this.#newest += 1;
    const mine = this.#newest;
    if (!stored) {
      this.element.replaceChildren(h("p", { class: "quiet" }, "保存并发布后，这里会列出每个版本。"));
      return;
    }
    try {
      const { items } = await get(`/v1/scripts/${encodeURIComponent(stored.id)}/versions`);
      if (mine !== this.#newest) return;
      this.element.replaceChildren(items.length
        ? h("ol", {}, items.map((item) => this.#row(item, stored)))
        : h("p", { class: "quiet" }, "还没有发布过。"));
    } catch (error) {
      if (mine === this.#newest) this.element.replaceChildren(h("p", { class: "notice danger" }, `版本没有加载:${error.message}`));
    }
  }

  #row({ version, script, published_at: at, published_by: by }, stored) {
    const live = stored.published && stored.version === version && stored.state !== "retired";
    return h("li", { class: "version" },
      h("div", { class: "version-head" }, h("strong", {}, `第 ${version} 版`), live && h("span", { class: "chip ok" }, "在用"),
        h("span", { class: "small quiet" }, at ? `${by} ${moment(at)}` : "随产品提供"),
        h("button", { class: "button slim", type: "button", onclick: () => this.#back(version) }, "恢复为草稿")),
      h("details", {}, h("summary", { class: "small" }, "与当前内容的差别"), changes(script, stored.script, this.#names)));
  }
}
