// The fields of a script as a form: write a script in, read one out, show remarks beside the fields.

import { h, icon, uid } from "../dom.js";
import { FIELDS } from "./names.js";
import { format, parse } from "./phrasings.js";
import { picks } from "./picks.js";

const SLOT_NAMES = {
  name: "称呼", order_id: "订单号", product: "商品", carrier: "快递", deadline: "答复时间", callback: "回电时间", followup: "回访时间",
  owner: "跟进人", refund_period: "到账时间", compensation: "补偿",
};
const HINTS = {
  title: "不超过 24 字，列表里看到的就是它",
  types: "第一个是主要类型",
  phrasings: "每行一句，越像真客户越好。行末可标情绪强度和“咨询”，如：三天了还没发货 | 2；大概啥时候发 | 0 咨询",
  sources: "如 law:DS-20、seed:S4-06",
  platforms: "只对某个平台成立时填", industries: "只对某个行业成立时填",
  risks: "会话里读出过其中一个信号才推荐，如轻生、曝光",
};

export class ScriptForm {
  element = h("form", { class: "fields", novalidate: "", autocomplete: "off", onsubmit: (event) => event.preventDefault() });
  #controls = {};
  #remarks = {};
  #general = h("div", { class: "remarks general" });

  /** `words` is GET /v1/taxonomy; `changed` is called after every edit. */
  constructor(words, changed) {
    const { taxonomy, slots, sources } = words;
    const select = (options) => control(h("select", {}, Object.entries(options).map(([value, name]) => h("option", { value }, name))));
    const levels = Object.fromEntries(Object.entries(taxonomy.levels).map(([level, name]) => [level, `${level} ${name}`]));
    const grades = Object.fromEntries(Object.values(taxonomy.severity).map((grade) => [grade.id, grade.name]));
    const titles = Object.fromEntries(sources.map((source) => [source.key, source.title]));
    const list = (label, options, max, more = {}) => picks({ label, options, max, changed, ...more });
    this.#element("title", control(h("input", { maxlength: 24 })));
    this.#element("types", list("投诉类型", taxonomy.types, 4, { first: "主" }));
    this.#element("techniques", list("技巧", taxonomy.techniques, 2, { first: "主" }));
    this.#element("stage", select(taxonomy.stages));
    this.#element("intensity", band(levels));
    this.#element("severity_limit", select(grades));
    this.#element("use_when", control(h("input", { maxlength: 200 })));
    this.#element("avoid_when", control(h("input", { maxlength: 200 })));
    this.#element("reply", reply(slots));
    this.#element("phrasings", lines());
    this.#element("avoid.text", control(h("textarea", { rows: 2, maxlength: 200 })));
    this.#element("avoid.reason", control(h("textarea", { rows: 2, maxlength: 200 })));
    this.#element("sources", list("来源", titles, 20, { free: true }));
    this.#element("platforms", list("限定平台", {}, 10, { free: true }));
    this.#element("industries", list("限定行业", {}, 10, { free: true }));
    this.#element("risks", list("限定风险", taxonomy.risks, 15));
    this.element.prepend(this.#general);
    this.element.addEventListener("input", changed);
  }

  write(script) {
    for (const [field, one] of Object.entries(this.#controls)) {
      const value = field.split(".").reduce((part, key) => part?.[key], script);
      one.write(value ?? one.blank ?? "");
    }
    this.remark([]);
  }

  read() {
    const script = {};
    for (const [field, one] of Object.entries(this.#controls)) {
      const [name, part] = field.split(".");
      if (part) (script[name] ??= {})[part] = one.read();
      else script[name] = one.read();
    }
    return script;
  }

  /** Shows [{field, kind, message, other_id}] beside the fields, and what belongs to none at the top. */
  remark(remarks) {
    const places = Object.fromEntries(Object.keys(this.#remarks).map((field) => [field, []]));
    const general = [];
    for (const one of remarks) (places[place(one.field, places)] ?? general).push(one);
    for (const [field, found] of Object.entries(places)) {
      this.#remarks[field].replaceChildren(...found.map(note));
      this.#controls[field].element.classList.toggle("refused", found.some((one) => one.kind === "error"));
    }
    this.#general.replaceChildren(...general.map(note));
  }

  #element(field, one) {
    const remarks = h("div", { class: "remarks", "aria-live": "polite", id: uid("remarks") });
    this.#controls[field] = { blank: Array.isArray(one.read()) && field !== "intensity" ? [] : "", ...one };
    this.#remarks[field] = remarks;
    const labelled = document.createElement("div");
    labelled.className = `field field-${field.replace(".", "-")}`;
    labelled.append(h("label", { for: one.id }, FIELDS[field]), one.element, remarks);
    if (HINTS[field]) labelled.insertBefore(h("p", { class: "small quiet" }, HINTS[field]), remarks);
    this.element.append(labelled);
  }
}

function place(field, places) {
  const path = field.replace(/^script\./, "").split(".");
  for (let length = path.length; length > 0; length -= 1) {
    const name = path.slice(0, length).join(".");
    if (name in places) return name;
  }
  return path[0] === "avoid" ? "avoid.text" : path[0];
}

function note({ kind, message, other_id: other }) {
  return h("p", { class: `remark ${kind}` }, icon("alert"), message,
    other && h("a", { href: `#${encodeURIComponent(other)}` }, ` ${other}`));
}

function control(element) {
  element.id = uid("field");
  return { element, id: element.id, read: () => element.value, write: (value) => { element.value = value; } };
}

function band(levels) {
  const options = () => Object.entries(levels).map(([value, name]) => h("option", { value }, name));
  const id = uid("band");
  const from = h("select", { id }, options());
  const to = h("select", { "aria-label": "适用情绪到" }, options());
  return {
    element: h("div", { class: "band" }, from, "到", to), id, blank: [0, 4],
    read: () => [Number(from.value), Number(to.value)],
    write([low, high]) { from.value = String(low); to.value = String(high); },
  };
}

function lines() {
  const area = h("textarea", { id: uid("lines"), rows: 10, class: "lines" });
  const count = h("p", { class: "small quiet" });
  const tell = () => { count.textContent = `${parse(area.value).length} 句`; };
  area.addEventListener("input", tell);
  return {
    element: h("div", {}, area, count), id: area.id, read: () => parse(area.value),
    write(value) { area.value = format(value || []); tell(); },
  };
}

function reply(slots) {
  const area = h("textarea", { id: uid("reply"), rows: 5, maxlength: 600 });
  const count = h("span", { class: "small quiet count" });
  const tell = () => { count.textContent = `${Array.from(area.value).length} 字`; };
  const put = (slot) => {
    area.focus();
    document.execCommand("insertText", false, `{${slot}}`);
  };
  area.addEventListener("input", tell);
  const order = Object.keys(SLOT_NAMES);
  const sorted = [...slots].sort((a, b) => order.indexOf(a) - order.indexOf(b));
  const buttons = sorted.map((slot) => h("button", { class: "button slim", type: "button", title: `{${slot}}`, onclick: () => put(slot) }, SLOT_NAMES[slot] ?? slot));
  return {
    element: h("div", { class: "reply-box" }, area, h("div", { class: "slots" }, h("span", { class: "small quiet" }, "插入:"), buttons, count)),
    id: area.id, read: () => area.value, write(value) { area.value = value; tell(); },
  };
}
