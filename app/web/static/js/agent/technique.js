// The technique that fits now, why, and the card that says how it is done.

import { h, icon } from "../dom.js";

export function techniqueCard(plan, stage, cards, taxonomy) {
  const card = cards.find((one) => one.id === plan.id);
  const next = plan.next && (taxonomy?.techniques?.[plan.next] ?? plan.next);
  return h("section", { class: "technique" },
    h("div", { class: "topic" }, h("h3", {}, "建议技巧"), h("strong", {}, plan.name), stages(stage, taxonomy)),
    h("p", {}, plan.reason, next && h("span", { class: "quiet" }, ` 接下来：${next}`)),
    card && howTo(card));
}

function stages(current, taxonomy) {
  const all = Object.entries(taxonomy?.stages ?? {});
  const place = all.findIndex(([id]) => id === current);
  if (place < 0) return null;
  return h("span", { class: "chip", title: all.map(([, name]) => name).join(" → ") }, `六步法 ${place + 1}/${all.length} ${all[place][1]}`);
}

function howTo(card) {
  return h("details", { dataset: { key: `technique-${card.id}` } },
    h("summary", { class: "small" }, h("span", { class: "turn" }, icon("chevron")), "怎么做"),
    h("div", { class: "how-to" },
      h("p", {}, card.definition),
      part("步骤", h("ol", { class: "steps" }, card.steps.map((step) => h("li", {}, step)))),
      part("句式", h("ul", { class: "dots" }, card.frames.map((frame) => h("li", {}, frame)))),
      card.not_when.length > 0 && part("不适合", h("ul", { class: "dots" }, card.not_when.map((when) => h("li", {}, when)))),
      example("好的例子", card.good_example, "ok"),
      example("不好的例子", card.bad_example, "danger")));
}

const part = (title, content) => [h("h4", { class: "small quiet" }, title), content];

function example(title, { customer, reply, why }, kind) {
  return h("figure", { class: `example ${kind}` }, h("figcaption", { class: "small" }, title),
    h("p", { class: "small quiet" }, `客户:${customer}`), h("p", {}, reply), h("p", { class: "small quiet" }, why));
}
