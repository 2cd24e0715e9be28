// The question before a draft goes out against the check's advice. The service checks the draft again and keeps the
// reason; until it has said yes nothing is sent.

import { Creator } from "../api.js";
import { ask, h, uid } from "../dom.js";

const MIN_REASON = 2;
const LETTERS = /[\p{L}\p{N}]/gu;
const CODE = /^[!-~]+$/; // a header carries nothing else
const QUESTIONS = {
  confirm: { title: "检查建议先改写", send: "说明理由并发送" },
  unchecked: { title: "这条草稿没有检查过", send: "说明理由并发送" },
  block: { title: "不得发送的内容，由主管放行", send: "放行并发送" },
};

/** Resolves to { reason, who } (both "" when no reason is needed), or null when the draft must not go out. */
export async function clearance({ status, result }, worst, draft, { release = false } = {}) {
  const verdict = status === "done" ? result.verdict : "unchecked";
  if (verdict === "block" && !release) return null;
  if (!QUESTIONS[verdict]) return { reason: "", who: "" };
  return new Question(verdict, worst, draft).put();
}

class Question {
  #verdict;
  #worst;
  #draft;
  #reason = h("textarea", { class: "input", id: uid("reason"), rows: 3, maxlength: 500 });
  #code = h("input", { class: "input", id: uid("code"), type: "password", maxlength: 128, autocomplete: "off" });
  #trouble = h("p", { class: "small wrong-field", role: "alert" });
  #cleared = null;
  #overrides = new Creator("/v1/overrides");

  constructor(verdict, worst, draft) {
    this.#verdict = verdict;
    this.#worst = worst;
    this.#draft = draft;
  }

  async put() {
    const { title, send } = QUESTIONS[this.#verdict];
    const answer = await ask({
      title,
      body: [this.#why(), this.#field("仍要发送的理由", this.#reason),
        this.#verdict === "block" && this.#field("主管码", this.#code),
        h("p", { class: "small quiet" }, "草稿（隐去个人信息）、理由和时间会存入放行记录。"), this.#trouble],
      actions: [{ value: "", label: "回去修改" }, { value: "send", label: send, kind: "danger" }],
      check: () => this.#clear(),
    });
    return answer === "send" ? this.#cleared : null;
  }

  #why() {
    if (this.#verdict === "unchecked") return h("p", {}, "检查没有完成，不知道里面有没有不该说的话。");
    return h("p", {}, `“${this.#worst.text}”：${this.#worst.message} ${this.#worst.reason}`);
  }

  #field(label, control) {
    return h("div", { class: "field" }, h("label", { for: control.id }, label), control);
  }

  async #clear() {
    const reason = this.#reason.value.trim();
    const code = this.#code.value.trim();
    const missing = this.#missing(reason, code);
    this.#trouble.textContent = missing;
    if (missing) return false;
    try {
      this.#cleared = await this.#keep(reason, code);
      return true;
    } catch (error) {
      this.#trouble.textContent = `${error.message}。草稿没有发送。`;
      return false;
    }
  }

  #missing(reason, code) {
    if ((reason.match(LETTERS) ?? []).length < MIN_REASON) return `请写明理由，至少 ${MIN_REASON} 个字`;
    if (this.#verdict !== "block") return "";
    if (!code) return "请输入主管码";
    return CODE.test(code) ? "" : "主管码不对";
  }

  async #keep(reason, code) {
    try {
      const { who } = await this.#overrides.post({ ...this.#draft, reason }, code ? { "Supervisor-Code": code } : {});
      return { reason, who };
    } catch (error) {
      if (error.code === "override_not_needed") return { reason: "", who: "" };
      throw error;
    }
  }
}
