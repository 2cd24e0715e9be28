// <kefu-panel>: what the copilot says about the newest customer message.

import { once, Unreachable } from "../api.js";
import { emit, h, icon } from "../dom.js";
import { clock } from "./clock.js";
import { complaintControl, levelControl, levelNote, riskControl, riskNote, typeControl, typeNote } from "./corrections.js";
import { techniqueCard } from "./technique.js";
import { avoidList, cardList, suggestionList } from "./suggestions.js";

const TRENDS = { rising: ["up", "升温"], falling: ["down", "降温"], steady: ["flat", "持平"], unknown: [null, ""] };
const GRADES = { none: "ok", general: "accent", important: "warn", major: "danger", crisis: "danger" };
const LEVELS = 4;

class Panel extends HTMLElement {
  #session;
  #taxonomy = null;
  #techniques = [];
  #state = h("p", { class: "panel-state small", role: "status", "aria-live": "polite" });
  #body = h("div", { class: "panel-body" });

  connectedCallback() {
    this.append(h("header", { class: "panel-head" }, h("h2", {}, "副驾"), this.#state), this.#body);
    this.addEventListener("click", (event) => {
      const chosen = event.target.closest("[data-insert]");
      if (chosen && !event.target.closest("summary, a")) this.insert(Number(chosen.dataset.insert));
    });
    once("/v1/taxonomy").then((words) => { this.#taxonomy = words.taxonomy; this.#show(); }, () => {});
    once("/v1/techniques").then(({ items }) => { this.#techniques = items; this.#show(); }, () => {});
  }

  follow(session) {
    this.#session = session;
    session.addEventListener("change", () => this.#show());
    this.#show();
  }

  /** Puts suggestion `rank` (1–3) into the draft, unless it answers an older message. */
  insert(rank) {
    const { status, assist } = this.#session;
    const suggestion = assist?.suggestions.find((one) => one.rank === rank);
    if (status === "ready" && suggestion) emit(this, "suggestion-insert", suggestion);
  }

  #show() {
    if (!this.#session) return;
    const { status, assist, error } = this.#session;
    this.setAttribute("aria-busy", String(status === "loading"));
    this.classList.toggle("stale", Boolean(assist) && status !== "ready");
    this.#state.textContent = (status === "ready" && this.#session.noted) || statement(status, assist);
    const parts = [];
    if (status === "failed") parts.push(this.#failure(error));
    if (status === "empty") parts.push(waiting());
    else if (assist) parts.push(...this.#answer(assist));
    else if (status === "loading") parts.push(loading());
    const focused = this.#body.contains(document.activeElement) && document.activeElement.dataset.focus;
    const open = new Set([...this.#body.querySelectorAll("details[open][data-key]")].map((one) => one.dataset.key));
    this.#body.replaceChildren(...parts);
    for (const one of this.#body.querySelectorAll("details[data-key]")) one.open = open.has(one.dataset.key);
    for (const control of status === "ready" ? [] : this.#body.querySelectorAll(".suggestion button, .fix")) control.disabled = true;
    if (focused) this.#body.querySelector(`[data-focus="${focused}"]`)?.focus();
  }

  #failure(error) {
    return h("div", { class: "notice danger", role: "alert" }, icon("offline"),
      h("div", {}, h("strong", {}, "没有拿到建议："), error.message, error instanceof Unreachable && "，正在自动重试", error.requestId && h("span", { class: "small" }, ` (${error.requestId})`)),
      h("button", { class: "button slim", type: "button", onclick: () => this.#session.retry() }, "重试"));
  }

  #answer(assist) {
    const { analysis, technique } = assist;
    return [
      assist.degraded && h("div", { class: "notice warn" }, icon("alert"), h("div", {}, assist.degraded)),
      severity(analysis, this.#session, this.#taxonomy),
      h("div", { class: "facts" }, topics(analysis, this.#session, this.#taxonomy), mood(analysis.emotion, this.#session, this.#taxonomy)),
      techniqueCard(technique, analysis.stage, this.#techniques, this.#taxonomy),
      suggestionList(assist.suggestions, this.#taxonomy),
      avoidList(assist.avoid),
      cardList(assist.cards),
    ].filter(Boolean);
  }
}

function statement(status, assist) {
  if (status === "loading") return assist ? "客户发来新消息，下面是上一条的建议，正在更新…" : "正在分析…";
  if (status === "failed") return assist ? "下面是上一条消息的建议，仅供参考" : "";
  if (status === "ready") return `${assist.suggestions.length} 条建议 · ${assist.timing_ms.total?.toFixed(1) ?? "–"} ms`;
  return "";
}

function waiting() {
  return h("div", { class: "empty" }, icon("mark"), h("p", {}, "等待客户消息"),
    h("p", { class: "small" }, "收到消息后，这里会给出投诉类型、情绪、级别、技巧和可直接使用的回复。"));
}

function loading() {
  return h("div", { class: "loading", "aria-hidden": "true" },
    ["skeleton", "skeleton", "skeleton tall", "skeleton tall", "skeleton tall"].map((name) => h("div", { class: name })));
}

function severity({ severity: grade, risks: found }, session, taxonomy) {
  const turn = session.answered;
  const due = session.waitingSince && grade.first_response_min;
  const red = grade.red_alert_min && h("p", { class: "small" }, icon("alert"),
    `红色预警：${grade.red_alert_min} 分钟内通知 ${grade.departments.join("、")}`);
  return h("div", { class: `severity ${GRADES[grade.level] ?? "accent"}` },
    h("div", { class: "severity-line" }, h("strong", { class: "severity-name" }, grade.name),
      due ? clock(session.waitingSince, grade.first_response_min) : null,
      !session.waitingSince && h("span", { class: "chip ok" }, icon("check"), "已回复"),
      grade.second_contact_h && h("span", { class: "small" }, `${grade.second_contact_h} 小时内二次联系`),
      h("span", { class: "fixes-of" }, riskControl(session, turn, taxonomy), complaintControl(session, turn))),
    grade.reasons.length > 0 && h("p", { class: "small reasons" }, grade.reasons.join("；")), red, risks(found), riskNote(turn, taxonomy));
}

function topics({ types, demands, is_complaint: complaint, topic_from_history: carried, unsure }, session, taxonomy) {
  const [first, ...others] = types;
  return h("section", { class: "fact" }, h("h3", {}, complaint ? "投诉类型" : "咨询主题", typeControl(session, session.answered, taxonomy)),
    first
      ? h("p", { class: "topic" }, unsure && h("span", { class: "chip warn" }, "不确定"), h("strong", {}, first.name), h("span", { class: "quiet" }, percent(first.confidence)))
      : h("p", { class: "quiet" }, "不确定"),
    typeNote(session.answered, taxonomy),
    others.length > 0 && h("p", { class: "chips" }, others.map((type) => h("span", { class: "chip" }, type.name, " ", percent(type.confidence)))),
    demands.length > 0 && h("p", { class: "chips" }, demands.map((demand) => h("span", { class: "chip accent" }, demand.name))),
    carried && h("p", { class: "small quiet" }, "话题来自上文"));
}

function mood(emotion, session, taxonomy) {
  const [trend, word] = TRENDS[emotion.trend] ?? TRENDS.unknown;
  const named = taxonomy?.kinds?.[emotion.kind] ?? emotion.kind;
  const kind = named === emotion.name ? null : named;
  const steps = Array.from({ length: LEVELS + 1 }, (_, i) => h("i", { class: i <= emotion.level ? `on l${emotion.level}` : "" }));
  return h("section", { class: "fact" }, h("h3", {}, "情绪强度", levelControl(session, session.answered, taxonomy)),
    h("p", { class: "topic" }, h("strong", {}, `${emotion.level} ${emotion.name}`),
      kind && h("span", { class: "quiet" }, kind), trend && h("span", { class: "trend" }, icon(trend), word)),
    h("div", { class: "gauge", role: "meter", "aria-label": "情绪强度", "aria-valuemin": "0", "aria-valuemax": String(LEVELS),
      "aria-valuenow": String(emotion.level), "aria-valuetext": `${emotion.level} ${emotion.name}` }, steps),
    levelNote(session.answered, taxonomy));
}

function risks(found) {
  if (!found.length) return null;
  return h("ul", { class: "chips risks", "aria-label": "风险信号" }, found.map((risk) => h("li", { class: "chip danger" }, icon("flag"), risk.name,
    risk.evidence.length > 0 && h("span", {}, `“${risk.evidence.map((e) => e.text).join("、")}”`))));
}

const percent = (share) => `${Math.round(share * 100)}%`;

customElements.define("kefu-panel", Panel);
