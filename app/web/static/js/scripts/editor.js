// <kefu-script-editor>: one script with its checks, its steps from draft to published, try-out and versions.

import { Problem, get, newKey, patch, post } from "../api.js";
import { ask, emit, h, icon, uid } from "../dom.js";
import { moment } from "../text.js";
import { conflict } from "./conflict.js";
import { ScriptForm } from "./form.js";
import { STATE_KINDS, STATES } from "./names.js";
import { TryOut } from "./tryout.js";
import { Versions } from "./versions.js";

const PAUSE_MS = 600;
const BLANK = {
  title: "", types: [], techniques: [], stage: "propose", intensity: [0, 2], severity_limit: "important", use_when: "", avoid_when: "",
  phrasings: [], reply: "", avoid: { text: "", reason: "" }, sources: [], platforms: [], industries: [], risks: [],
};

class Editor extends HTMLElement {
  #words;
  #form;
  #tryout;
  #versions;
  #stored = null; // as the service knows it; null for a new script
  #key = ""; // Idempotency-Key of the new script being written
  #baseline = "";
  #timer = 0;
  #newest = 0;
  #head = h("header", { class: "detail-head" });
  #note = h("p", { class: "saved small", role: "status", "aria-live": "polite" });
  #body = h("div", { class: "detail-body" });
  #empty = h("div", { class: "empty" }, icon("book"), h("p", {}, "从列表里选一条话术,或新建一条"));
  #busy = false;

  begin(words) {
    this.#words = words;
    this.#form = new ScriptForm(words, () => this.#edited());
    this.#tryout = new TryOut(() => this.draft());
    this.#versions = new Versions(words, (version) => this.#step("rollback", { version }, `已把第 ${version} 版变成草稿`));
    this.#body.append(...tabs([["内容", this.#form.element], ["试一试", this.#tryout.element], ["版本", this.#versions.element]]));
    this.append(this.#empty, this.#head, this.#body);
    this.close();
  }

  get dirty() {
    return !this.#body.hidden && JSON.stringify(this.#form.read()) !== this.#baseline;
  }

  get script() {
    return this.#stored?.id ?? "";
  }

  /** The script as it stands in the form, saved or not. */
  draft() {
    return { ...(this.#stored ? { id: this.#stored.id } : {}), ...this.#form.read() };
  }

  close() {
    this.#stored = null;
    for (const part of [this.#head, this.#body]) part.hidden = true;
    this.#empty.hidden = false;
    this.classList.remove("open");
  }

  async open(id) {
    this.#newest += 1;
    const mine = this.#newest;
    this.classList.add("open");
    try {
      const stored = await get(`/v1/scripts/${encodeURIComponent(id)}`);
      if (mine === this.#newest) this.#show(stored);
    } catch (error) {
      if (mine !== this.#newest) return;
      this.close();
      this.classList.add("open");
      this.#empty.replaceChildren(icon("alert"), h("p", {}, error.message),
        h("a", { class: "button slim", href: "#" }, "回到列表"));
    }
  }

  openNew() {
    this.#newest += 1;
    this.classList.add("open");
    this.#key = newKey();
    this.#show(null);
  }

  #show(stored, script = stored?.script ?? BLANK) {
    this.#stored = stored;
    this.#empty.hidden = true;
    for (const part of [this.#head, this.#body]) part.hidden = false;
    this.#form.write(stored?.script ?? BLANK);
    this.#baseline = JSON.stringify(this.#form.read());
    if (stored && script !== stored.script) this.#form.write(script);
    this.#note.textContent = "";
    this.#versions.show(stored);
    this.#tryout.clear();
    this.#heading();
    if (stored) this.#later(0);
  }

  #heading() {
    const stored = this.#stored;
    const state = stored?.state ?? "draft";
    const pending = stored?.published && state !== "published" && state !== "retired";
    const button = (label, act, kind = "") => h("button", { class: `button ${kind}`, type: "button", disabled: this.#busy, onclick: act }, label);
    const save = button(state === "retired" ? "恢复为草稿" : "保存草稿", () => this.#save());
    save.dataset.save = state;
    this.#head.replaceChildren(
      h("div", { class: "detail-title" },
        h("a", { class: "button plain back", href: "#", "aria-label": "回到列表" }, icon("back")),
        h("h2", {}, stored ? stored.script.title : "新话术"),
        h("span", { class: `chip ${STATE_KINDS[state]}` }, stored ? STATES[state] : "未保存"),
        pending && h("span", { class: "chip ok" }, `第 ${stored.version} 版在用`),
        h("span", { class: "small quiet" }, stored ? facts(stored) : "")),
      h("div", { class: "detail-actions" }, this.#note, save,
        state === "draft" && button("提交审核", () => this.#submit()),
        (state === "draft" || state === "review") && button("发布", () => this.#publish(), "publish"),
        stored && stored.state !== "retired" && button("下架", () => this.#retire(), "danger")));
    this.#emphasise();
  }

  /** The next step stands out: saving while something is unsaved, publishing after that. */
  #emphasise() {
    const { dirty } = this;
    const save = this.#head.querySelector("[data-save]");
    save.disabled = this.#busy || !(dirty || save.dataset.save === "retired");
    save.classList.toggle("primary", dirty);
    this.#head.querySelector(".publish")?.classList.toggle("primary", !dirty && Boolean(this.#stored));
  }

  #edited() {
    this.#note.textContent = this.dirty ? "有未保存的修改" : "";
    this.#emphasise();
    this.#later(PAUSE_MS);
  }

  #later(pause) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#review(), pause);
  }

  /** Save-time checks while writing; a script that is not complete yet is told what is missing. */
  async #review() {
    const mine = this.#newest;
    const untouched = !this.#stored && !this.dirty;
    if (this.#body.hidden || untouched) return;
    const asked = this.draft();
    let remarks;
    try {
      remarks = (await post("/v1/scripts/review", { script: asked })).items;
    } catch (error) {
      remarks = error instanceof Problem ? refusals(error) : [{ field: "", kind: "warning", message: `没有检查:${error.message}` }];
    }
    if (mine === this.#newest && JSON.stringify(asked) === JSON.stringify(this.draft())) this.#form.remark(remarks);
  }

  async #save() {
    const script = this.#form.read();
    return this.#run(async () => {
      const stored = this.#stored
        ? await patch(`/v1/scripts/${encodeURIComponent(this.#stored.id)}`, { revision: this.#stored.revision, script })
        : await post("/v1/scripts", { script }, { headers: { "Idempotency-Key": this.#key } });
      this.#took(stored, "已保存草稿");
    });
  }

  async #submit() {
    if ((this.dirty || !this.#stored) && !(await this.#save())) return;
    await this.#step("submit", {}, "已提交审核");
  }

  async #publish() {
    if ((this.dirty || !this.#stored) && !(await this.#save())) return;
    await this.#step("publish", {}, "已发布，坐席马上可用");
  }

  async #retire() {
    const answer = await ask({
      title: `下架“${this.#stored.script.title}”？`, body: [h("p", {}, "下架后不再推荐给坐席，内容和版本都会保留。")],
      actions: [{ value: "", label: "取消" }, { value: "retire", label: "下架", kind: "danger" }],
    });
    if (answer) await this.#step("retire", {}, "已下架");
  }

  #step(name, more, done) {
    return this.#run(async () => {
      const path = `/v1/scripts/${encodeURIComponent(this.#stored.id)}/${name}`;
      this.#took(await post(path, { revision: this.#stored.revision, ...more }), done);
    });
  }

  #took(stored, done) {
    const fresh = !this.#stored;
    this.#show(stored);
    this.#note.textContent = done;
    emit(this, "script-saved", { stored, fresh });
  }

  /** Runs one write; returns whether it worked. What the trainer typed stays in the form when it did not. */
  async #run(write) {
    this.#busy = true;
    this.#heading();
    try {
      await write();
      return true;
    } catch (error) {
      await this.#failed(error);
      return false;
    } finally {
      this.#busy = false;
      this.#heading();
    }
  }

  async #failed(error) {
    this.#note.textContent = `没有保存:${error.message}`;
    if (!(error instanceof Problem)) return;
    if (error.errors.length) this.#form.remark(refusals(error));
    else if (error.versions?.theirs) await this.#conflict(error.versions.theirs);
  }

  async #conflict(theirs) {
    const mine = this.draft();
    const choice = await conflict(theirs, mine, this.#words);
    if (choice === null) return;
    const stored = await get(`/v1/scripts/${encodeURIComponent(this.#stored.id)}`);
    this.#show(stored, choice === "mine" ? mine : stored.script);
    this.#edited();
    if (choice === "mine") await this.#save();
  }
}

const refusals = (error) => error.errors.map(({ field, message }) => ({ field, kind: "error", message }));

function facts({ id, version, origin, updated_at: at, updated_by: by }) {
  const parts = [id, version ? `第 ${version} 版` : "", origin === "shipped" ? "随产品提供" : "", at ? `${by} ${moment(at)}` : ""];
  return parts.filter(Boolean).join(" · ");
}

/** [[name, element]] as tabs; the arrow keys move between them (WAI-ARIA tabs pattern). */
function tabs(pages) {
  const rows = pages.map(([name, element], i) => {
    const tab = h("button", { class: "tab", type: "button", role: "tab", id: uid("tab") }, name);
    const panel = h("div", { class: "tab-page", role: "tabpanel", id: uid("page"), "aria-labelledby": tab.id, hidden: i > 0 }, element);
    tab.setAttribute("aria-controls", panel.id);
    return { tab, panel };
  });
  const choose = (chosen) => rows.forEach(({ tab, panel }, i) => {
    tab.setAttribute("aria-selected", String(i === chosen));
    tab.tabIndex = i === chosen ? 0 : -1;
    panel.hidden = i !== chosen;
  });
  rows.forEach(({ tab }, i) => {
    tab.addEventListener("click", () => choose(i));
    tab.addEventListener("keydown", (event) => {
      const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!move) return;
      const next = (i + move + rows.length) % rows.length;
      choose(next);
      rows[next].tab.focus();
    });
  });
  choose(0);
  return [h("div", { class: "tabs", role: "tablist" }, rows.map(({ tab }) => tab)), ...rows.map(({ panel }) => panel)];
}

customElements.define("kefu-script-editor", Editor);
