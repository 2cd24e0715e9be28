// <kefu-browse>: types with the number of scripts under each.

import { emit, h } from "../dom.js";
import { domains } from "./names.js";

class Browse extends HTMLElement {
  show(types, counts, chosen) {
    const rows = domains(types).map((group) => h("section", {}, h("h2", { class: "small quiet" }, group.name),
      h("ul", {}, group.types.map(([id, name]) => h("li", {}, this.#row(id, name, counts.types[id] ?? 0, chosen))))));
    const kept = this.scrollTop;
    this.replaceChildren(this.#row("", "全部话术", counts.total, chosen), ...rows);
    this.scrollTop = kept;
  }

  #row(id, name, count, chosen) {
    return h("button", { class: "browse-row", type: "button", "aria-pressed": String(id === chosen),
      onclick: () => emit(this, "type-choose", id) }, h("span", {}, name), h("span", { class: "count quiet" }, String(count)));
  }
}

customElements.define("kefu-browse", Browse);
