// Replies ready to use, the mistake to avoid, and knowledge cards.

import { h, icon } from "../dom.js";

export function suggestionList(suggestions, taxonomy) {
  if (!suggestions.length) {
    return h("section", { class: "suggestions" }, h("h3", {}, "推荐回复"),
      h("p", { class: "notice" }, icon("circle"), h("span", {}, "没有足够合适的话术。没有建议好过勉强的建议，请按上面的技巧自己写。")));
  }
  return h("section", { class: "suggestions" },
    h("h3", {}, "推荐回复", h("span", { class: "keys small quiet" }, "按 ", h("kbd", {}, "1"), " ", h("kbd", {}, "2"), " ", h("kbd", {}, "3"),
      " 插入，输入时用 ", h("kbd", {}, "Alt"), "+数字")),
    h("ol", {}, suggestions.map((one) => suggestion(one, taxonomy))));
}

function suggestion(one, taxonomy) {
  const technique = taxonomy?.techniques?.[one.technique] ?? one.technique;
  return h("li", { class: "suggestion", dataset: { insert: String(one.rank) } },
    h("div", { class: "suggestion-head" }, h("kbd", { "aria-hidden": "true" }, String(one.rank)),
      h("strong", {}, one.title), h("span", { class: "chip accent" }, technique)),
    h("p", { class: "reply" }, filled(one.text, one.slots)),
    h("div", { class: "suggestion-foot" },
      h("details", { class: "small", dataset: { key: `why-${one.script_id}` } },
        h("summary", {}, h("span", { class: "turn" }, icon("chevron")), "为什么推荐"),
        h("ul", { class: "dots" }, one.why.map((why) => h("li", {}, why)), one.sources.map(source),
          h("li", { class: "quiet" }, `话术 ${one.script_id} 第 ${one.script_version} 版`))),
      h("button", { class: "button slim", type: "button", "aria-keyshortcuts": `${one.rank} Alt+${one.rank}`,
        "aria-label": `插入第 ${one.rank} 条:${one.title}` }, icon("insert"), "插入")));
}

/** The reply with the values that came from the order and the clock marked, so that they are looked at before sending. */
function filled(text, slots) {
  const values = slots.filter((slot) => slot.value).sort((a, b) => b.value.length - a.value.length);
  let parts = [text];
  for (const slot of values) {
    parts = parts.flatMap((part) => (typeof part === "string" ? around(part, slot) : [part]));
  }
  return parts;
}

function around(text, { value, filled: known }) {
  const pieces = text.split(value);
  const title = known ? "已按订单或时间填入" : "没有订单信息，用了通用说法";
  return pieces.flatMap((piece, i) => (i ? [h("mark", { class: known ? "slot" : "slot unknown", title }, value), piece] : [piece]));
}

function source({ title, as_of: date }) {
  return h("li", {}, `依据:${title}`, date && h("span", { class: "quiet" }, `(核对于 ${date})`));
}

export function avoidList(avoid) {
  if (!avoid.length) return null;
  return h("section", { class: "avoid" }, h("h3", {}, icon("stop"), "错误做法"),
    h("ul", {}, avoid.map(({ text, reason }) => h("li", {}, h("p", { class: "wrong" }, `“${text}”`), h("p", { class: "small" }, reason)))));
}

export function cardList(cards) {
  if (!cards.length) return null;
  return h("section", { class: "cards" }, h("h3", {}, icon("book"), "知识卡"),
    cards.map((card) => h("details", { class: "card", dataset: { key: `card-${card.id}` } },
      h("summary", {}, h("span", { class: "turn" }, icon("chevron")), card.title),
      h("p", {}, card.text), h("ul", { class: "small dots" }, card.sources.map(source)))));
}
