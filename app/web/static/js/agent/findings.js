// What the check of a draft found, in words.

import { once } from "../api.js";
import { h, icon } from "../dom.js";
import { shopTime } from "../text.js";

const VERDICTS = {
  pass: ["ok", "check", "可以发送"],
  hint: ["accent", "circle", "可以更好"],
  confirm: ["warn", "alert", "请改写，或说明理由后发送"],
  block: ["danger", "stop", "不得发送"],
};
const SEVERITIES = { hint: ["accent", "建议"], confirm: ["warn", "需改写"], block: ["danger", "不得发送"] };
const ORDER = ["hint", "confirm", "block"];

let elements = {};
once("/v1/taxonomy").then(({ taxonomy }) => { elements = taxonomy.reply_elements; }, () => {});

/** The first of the most severe; null when there is none. */
export const worstOf = (findings) => findings.reduce((worst, one) =>
  (!worst || ORDER.indexOf(one.severity) > ORDER.indexOf(worst.severity) ? one : worst), null);

export function verdictChip({ status, result, error }, again) {
  if (status === "idle") return h("span", { class: "small quiet" }, "输入后自动检查");
  if (status === "pending") return h("span", { class: "small quiet" }, "检查中…");
  if (status === "failed") {
    return h("span", { class: "unchecked" }, h("span", { class: "chip warn" }, icon("alert"), "未检查"),
      h("span", { class: "small quiet" }, error?.message ?? "检查没有完成"),
      h("button", { class: "button slim plain", type: "button", onclick: again }, "再查一次"));
  }
  const [kind, sign, words] = VERDICTS[result.verdict];
  const count = result.findings.length ? ` · ${result.findings.length} 处` : "";
  return h("span", { class: `chip ${kind}` }, icon(sign), words + count);
}

/** The list above the draft. `replace(finding, text)` and `rewrite(text)` change the draft. */
export function findingList(result, replace, rewrite) {
  if (!result) return [];
  const rows = result.findings.map((finding) => row(finding, replace));
  const list = rows.length ? [h("ul", { "aria-label": "检查发现" }, rows)] : [];
  return result.rewrite ? [proposal(result.rewrite, rewrite), ...list] : list;
}

function row(finding, replace) {
  const [kind, word] = SEVERITIES[finding.severity];
  const titles = [...new Set(finding.sources.map((source) => source.title))];
  return h("li", { class: `finding ${finding.severity}` },
    h("p", {}, h("span", { class: `chip ${kind}` }, word), finding.semantic && h("span", { class: "chip" }, "语义推测"), h("q", {}, finding.text), " ", finding.message),
    h("p", { class: "small quiet reason" }, finding.reason, titles.length > 0 && h("cite", {}, ` 依据：${titles.join("、")}`)),
    finding.replacements.length > 0 && h("p", { class: "fixes" }, finding.replacements.map((text) =>
      h("button", { class: "button slim", type: "button", onclick: () => replace(finding, text) }, icon("wand"), `改为“${text}”`))));
}

function proposal({ text }, rewrite) {
  return h("div", { class: "rewrite" }, h("p", { class: "rewrite-head" }, h("span", { class: "small quiet" }, "整段改写"),
    h("button", { class: "button slim", type: "button", onclick: () => rewrite(text) }, icon("wand"), "采用改写")), h("p", {}, text));
}

/** Under the draft: which of the five parts of a good reply are there, and what was promised. */
export function aside(result) {
  if (!result) return [];
  const ticks = Object.entries(result.elements).map(([id, there]) => h("li", { class: there ? "there" : "missing" },
    icon(there ? "check" : "circle", there ? "有" : "缺"), elements[id] ?? id));
  const promises = result.commitments.map(promise);
  return [
    ticks.length > 0 && h("ul", { class: "elements", "aria-label": "回复五要素" }, ticks),
    promises.length > 0 && h("ul", { class: "promises", "aria-label": "承诺" }, promises),
  ].filter(Boolean);
}

function promise({ who, what, due, amount }) {
  return h("li", { class: due ? "chip" : "chip warn" }, icon(due ? "flag" : "alert"),
    ["承诺", who, what, amount, due ? `${shopTime(due)} 前` : "没有时间"].filter(Boolean).join(" · "));
}
