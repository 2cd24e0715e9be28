// <kefu-composer>: the agent's draft, checked while it is typed. Nothing here ever removes what the agent wrote.

import { emit, h, icon, uid } from "../dom.js";
import { cut, follow } from "../text.js";
import { post, Unreachable } from "../api.js";
import { aside, findingList, verdictChip, worstOf } from "./findings.js";
import { clearance } from "./sending.js";

const PAUSE_MS = 250;
const AGAIN_MS = 3000; // after the service was not reached
const KEPT = "kefu-draft";
const MAX_TEXT = 4000;

class Composer extends HTMLElement {
  #session;
  #area = h("textarea", { id: uid("draft"), rows: 4, placeholder: "写给客户的回复。Ctrl+Enter 发送", spellcheck: "false" });
  #backdrop = h("div", { class: "backdrop", "aria-hidden": "true" });
  #verdict = h("div", { class: "verdict", role: "status", "aria-live": "polite" });
  #findings = h("div", { class: "findings" });
  #aside = h("div", { class: "draft-facts" });
  #send = h("button", { class: "button primary", type: "button", onclick: () => this.#trySend() }, icon("send"), "发送");
  #release = h("button", { class: "button slim plain", type: "button", hidden: true, onclick: () => this.#trySend({ release: true }) }, "主管放行…");
  #check = { status: "idle", text: "", result: null }; // idle | pending | done | failed; `text` is what was checked
  #marks = [];
  #shown = "";
  #timer = 0;
  #abort = null;
  #newest = 0;

  connectedCallback() {
    const label = h("label", { class: "visually-hidden", for: this.#area.id }, "回复草稿");
    this.#verdict.id = uid("verdict");
    this.#area.setAttribute("aria-describedby", this.#verdict.id);
    this.append(this.#findings, h("div", { class: "editor" }, this.#backdrop, label, this.#area), this.#aside,
      h("div", { class: "composer-bar" }, this.#verdict, h("div", { class: "composer-actions" }, this.#release, this.#send)));
    this.#area.addEventListener("input", (event) => this.#edited(event));
    this.#area.addEventListener("compositionend", () => this.#edited({}));
    this.#area.addEventListener("scroll", () => this.#align());
    new ResizeObserver(() => this.#align()).observe(this.#area);
    this.#area.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) {
        event.preventDefault();
        this.#trySend();
      }
    });
    this.#area.value = sessionStorage.getItem(KEPT) ?? "";
    this.#edited({});
  }

  follow(session) {
    this.#session = session;
    session.addEventListener("change", () => { if (this.#area.value.trim()) this.#later(); });
  }

  /** Puts text at the cursor, on a line of its own when something is there already. One Ctrl+Z takes it out again. */
  insert(text) {
    const { value, selectionEnd: at } = this.#area;
    this.#area.focus();
    this.#area.setSelectionRange(at, at); // a selection is the agent's text too, and is kept
    const before = value.slice(0, at).trim() && !value.slice(0, at).endsWith("\n") ? "\n" : "";
    const after = value.slice(at).trim() && !value.slice(at).startsWith("\n") ? "\n" : "";
    this.#type(before + text + after);
  }

  /** execCommand is the only way to change a text area that Ctrl+Z can undo. */
  #type(text) {
    this.#area.focus();
    if (!document.execCommand("insertText", false, text)) {
      this.#area.setRangeText(text, this.#area.selectionStart, this.#area.selectionEnd, "end");
      this.#edited({});
    }
  }

  #edited({ isComposing = false }) {
    const text = this.#area.value;
    try {
      sessionStorage.setItem(KEPT, text);
    } catch { /* private mode or full: the draft lives in the page alone */ }
    this.#marks = follow(this.#marks, this.#shown, text);
    this.#paint();
    if (!isComposing) this.#later();
  }

  #later() {
    clearTimeout(this.#timer);
    this.#abort?.abort();
    this.#newest += 1;
    if (!this.#area.value.trim()) {
      this.#settle({ status: "idle", text: "", result: null });
      return;
    }
    this.#settle({ ...this.#check, status: "pending" });
    this.#timer = setTimeout(() => this.#examine(), PAUSE_MS);
  }

  async #examine() {
    clearTimeout(this.#timer);
    const text = this.#area.value;
    this.#newest += 1;
    const mine = this.#newest;
    this.#abort = new AbortController();
    try {
      if (Array.from(text.trim()).length > MAX_TEXT) throw new Error(`超过 ${MAX_TEXT} 字`);
      const result = await post("/v1/check", this.#draft(text), { signal: this.#abort.signal });
      if (mine !== this.#newest) return;
      this.#settle({ status: result.checked ? "done" : "failed", text, result });
    } catch (error) {
      if (mine !== this.#newest) return;
      this.#settle({ status: "failed", text, result: null, error });
      if (error instanceof Unreachable) this.#timer = setTimeout(() => this.#examine(), AGAIN_MS);
    }
  }

  /** Shows the state of the check. Only a finished check may say that a draft is fine. */
  #settle(check) {
    this.#check = check;
    const { status, result } = check;
    if (status === "done") {
      this.#marks = marksOf(check.text, result.findings);
    } else if (status !== "pending") this.#marks = [];
    this.#verdict.replaceChildren(verdictChip(check, () => this.#examine()));
    if (status !== "pending") {
      this.#findings.replaceChildren(...findingList(result, (finding, text) => this.#replace(finding, text), (text) => this.#rewrite(text)));
      this.#aside.replaceChildren(...aside(result));
    }
    this.#findings.classList.toggle("outdated", status === "pending");
    const blocked = status === "done" && result.verdict === "block";
    this.#send.disabled = status === "idle" || blocked;
    this.#send.title = blocked ? "有不得发送的内容，请先修改" : "";
    this.#release.hidden = !blocked || this.dataset.supervised === undefined; // without a code set nobody could
    this.#paint();
  }

  #paint() {
    const text = this.#area.value;
    this.#shown = text;
    this.#backdrop.replaceChildren(...painted(text, this.#marks), "\u200b");
    this.#align();
  }

  /** The marks lie behind the text only while both wrap at the same width; a scroll bar makes the text narrower. */
  #align() {
    this.#backdrop.style.width = `${this.#area.clientWidth}px`;
    this.#backdrop.scrollTop = this.#area.scrollTop;
  }

  #replace(finding, replacement) {
    const mark = this.#marks.find((one) => one.finding === finding);
    if (!mark) return;
    this.#area.setSelectionRange(mark.from, mark.to);
    this.#type(replacement);
  }

  #rewrite(text) {
    this.#area.focus();
    this.#area.select();
    this.#type(text);
  }

  /** What the service is asked about. */
  #draft(text) {
    return { text, history: this.#session.history(), context: this.#session.context };
  }

  /** Sends what passed; asks for a reason when the check advises against it; what it forbids only a supervisor releases. */
  async #trySend({ release = false } = {}) {
    const text = this.#area.value;
    if (!text.trim()) return;
    if (this.#check.status === "pending" || this.#check.text !== text) await this.#examine();
    if (this.#area.value !== text || this.#check.text !== text) return; // typed on meanwhile
    const cleared = await clearance(this.#check, worstOf(this.#check.result?.findings ?? []), this.#draft(text), { release });
    if (cleared === null || this.#area.value !== text) return;
    this.#area.select();
    this.#type("");
    this.#area.value = "";
    this.#edited({});
    this.#area.focus();
    emit(this, "reply-send", { text, override: cleared });
  }
}

/** Where findings overlap, the worst one is seen: advice on a whole draft must not hide the words that are forbidden. */
function painted(text, marks) {
  const borders = [...new Set([0, text.length, ...marks.flatMap((one) => [one.from, one.to])])].sort((a, b) => a - b);
  return borders.slice(0, -1).map((from, i) => {
    const worst = worstOf(marks.filter((one) => one.from <= from && borders[i + 1] <= one.to));
    const piece = text.slice(from, borders[i + 1]);
    return worst ? h("mark", { class: worst.severity }, piece) : piece;
  });
}

function marksOf(text, findings) {
  const marks = [];
  let at = 0;
  for (const { text: piece, spans } of cut(text, findings)) {
    for (const finding of spans) {
      const open = marks.find((one) => one.finding === finding);
      if (open) open.to = at + piece.length;
      else marks.push({ from: at, to: at + piece.length, severity: finding.severity, finding });
    }
    at += piece.length;
  }
  return marks;
}

customElements.define("kefu-composer", Composer);
