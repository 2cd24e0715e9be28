// <kefu-conversation>: the bubbles, the ready cases, and a box to play the customer.

import { emit, h, icon, uid } from "../dom.js";
import { cut, time } from "../text.js";
import { CASES } from "./cases.js";

const CLEARED = { agent: "已说明理由", supervisor: "主管放行" };
const LAYERS = { emotion: "情绪", type: "诉求", risk: "风险" };

class Conversation extends HTMLElement {
  #session;
  #log = h("ol", { class: "log", "aria-label": "聊天记录", tabIndex: 0 });
  #order = h("p", { class: "order small quiet" });
  #box = h("input", { class: "input", id: uid("customer"), maxlength: 4000, autocomplete: "off",
    placeholder: "以客户身份写一句，回车送达" });

  connectedCallback() {
    const picker = h("select", { class: "input", id: uid("case"), onchange: (event) => this.#open(event.target) },
      h("option", { value: "" }, "选择一个示例会话…"), CASES.map(({ id, title }) => h("option", { value: id }, title)));
    const form = h("form", { class: "customer-box", onsubmit: (event) => this.#arrive(event) },
      h("label", { for: this.#box.id }, "客户消息"), this.#box, h("button", { class: "button", type: "submit" }, "送达"));
    this.append(
      h("header", { class: "chat-head" },
        h("div", {}, h("h1", {}, "当前会话"), this.#order),
        h("div", { class: "picker" }, h("label", { class: "visually-hidden", for: picker.id }, "示例会话"), picker)),
      this.#log, form);
    form.addEventListener("paste", (event) => this.#paste(event));
  }

  /** Shows `session` and follows its changes. */
  follow(session) {
    this.#session = session;
    session.addEventListener("change", () => this.#show());
    this.#show();
  }

  #open(select) {
    const chosen = CASES.find((one) => one.id === select.value);
    if (chosen) emit(this, "case-open", chosen);
  }

  #arrive(event) {
    event.preventDefault();
    const text = this.#box.value;
    if (!text.trim()) return;
    this.#box.value = "";
    emit(this, "customer-message", text);
  }

  /** A one-line input would join the lines of a pasted message; they are turned into spaces by hand, not lost. */
  #paste(event) {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (event.target !== this.#box || !/[\r\n]/.test(text)) return;
    event.preventDefault();
    this.#box.setRangeText(text.trim().replace(/\s*[\r\n]+\s*/g, " "), this.#box.selectionStart, this.#box.selectionEnd, "end");
  }

  #show() {
    const { turns, context } = this.#session;
    this.#order.replaceChildren(...summary(context));
    if (!turns.length) {
      this.#log.replaceChildren(h("li", { class: "empty" }, icon("chat"), h("p", {}, "还没有消息"),
        h("p", { class: "small" }, "打开一个示例会话，或在下面以客户身份写一句。"),
        h("div", { class: "starters" }, CASES.map((one) =>
          h("button", { class: "button slim", type: "button", onclick: () => emit(this, "case-open", one) }, one.title)))));
      return;
    }
    this.#log.replaceChildren(...turns.map((turn) => bubble(turn)));
    this.#log.scrollTop = this.#log.scrollHeight;
  }
}

function summary({ customer_name: name, order_id: order, product, carrier }) {
  const parts = [name, order && `订单 ${order}`, product, carrier].filter(Boolean);
  return [parts.length ? parts.join(" · ") : "没有订单信息"];
}

function bubble(turn) {
  const mine = turn.role === "agent";
  const body = h("p", { class: "bubble" }, mine ? turn.text : marked(turn));
  const meta = h("p", { class: "meta" }, mine ? "我" : "客户", " ", h("time", {}, time(turn.at)));
  if (turn.took !== null && turn.took !== undefined) meta.append(` · ${duration(turn.took)}后回复`);
  return h("li", { class: `turn ${turn.role}` }, meta, body,
    turn.override?.reason && h("p", { class: "override small" }, icon("flag"), `${CLEARED[turn.override.who]}:${turn.override.reason}`));
}

/** The message with the words that explain type, emotion and risk marked; each mark says what it shows. */
function marked({ text, assist }) {
  if (!assist) return [text];
  const { types, emotion, risks } = assist.analysis;
  const spans = [
    ...types.flatMap((type) => type.evidence.map((e) => ({ ...e, layer: "type", name: type.name }))),
    ...emotion.evidence.map((e) => ({ ...e, layer: "emotion", name: emotion.name })),
    ...risks.flatMap((risk) => risk.evidence.map((e) => ({ ...e, layer: "risk", name: risk.name }))),
  ];
  return cut(text, spans).map((part) => (part.spans.length ? mark(part) : part.text));
}

function mark({ text, spans }) {
  const layers = [...new Set(spans.map((span) => span.layer))];
  const title = layers.map((layer) => {
    const names = [...new Set(spans.filter((span) => span.layer === layer).map((span) => span.name))];
    return `${LAYERS[layer]}:${names.join("、")}`;
  }).join(";");
  return h("mark", { class: layers.map((layer) => `ev-${layer}`).join(" "), title }, text);
}

function duration(ms) {
  const seconds = Math.max(1, Math.round(ms / 1000));
  return seconds < 60 ? `${seconds} 秒` : `${Math.floor(seconds / 60)} 分 ${seconds % 60} 秒`;
}

customElements.define("kefu-conversation", Conversation);
