// "That is wrong": small controls beside what the copilot read. What the agent says is kept for the next training;
// the answer on the screen stays as it is.

import { ask, h, icon, uid } from "../dom.js";

const KEPT = "已记下，用来改进识别；这次的建议不变";

/** A small button; `name` lets the panel give the focus back after it was drawn anew. */
function control(name, label, onclick, pressed = null) {
  return h("button", { class: "fix", type: "button", onclick, dataset: { focus: name }, "aria-pressed": pressed === null ? null : String(pressed) },
    pressed && icon("check"), label);
}

/** The panel was drawn anew under the dialog, so the button that opened it is another one now. */
const asking = (name, question) => async () => {
  await question();
  document.querySelector(`[data-focus="${name}"]`)?.focus();
};

/** What was said about a value, under the value. */
const note = (words) => h("p", { class: "small corrected" }, icon("check"), `已记：${words}`);

export function typeControl(session, turn, terms) {
  return control("types", "类型不对", asking("types", () => askType(session, turn, terms)));
}

export function typeNote(turn, terms) {
  const said = turn?.corrected?.types;
  return said ? note(`应为 ${terms?.types?.[said[0]] ?? said[0]}`) : null;
}

export function levelControl(session, turn, terms) {
  return control("level", "情绪不对", asking("level", () => askLevel(session, turn, terms)));
}

export function levelNote(turn, terms) {
  const said = turn?.corrected?.level;
  return said === undefined ? null : note(`应为 ${said} ${terms?.levels?.[said] ?? ""}`);
}

/** One press says it, another takes it back. */
export function complaintControl(session, turn) {
  const read = turn.assist.analysis.is_complaint;
  const pressed = turn.corrected?.complaint === !read;
  return control("complaint", read ? "不是投诉" : "是投诉", () =>
    session.correct(turn, { complaint: pressed ? read : !read }, KEPT).catch((error) => session.say(`没有记下：${error.message}`)), pressed);
}

export function riskControl(session, turn, terms) {
  return control("risks", "风险不对", asking("risks", () => askRisks(session, turn, terms)));
}

export function riskNote(turn, terms) {
  const said = turn?.corrected?.risks;
  return said ? note(said.length ? `风险应为 ${said.map((id) => terms?.risks?.[id] ?? id).join("；")}` : "没有风险") : null;
}

function askType(session, turn, terms) {
  const said = turn.corrected?.types; // once something was said, what was read can be said to be right after all
  const guesses = turn.assist.analysis.types.slice(said ? 0 : 1).map(({ id, name }) => [id, name]);
  const others = Object.entries(terms?.types ?? {}).filter(([id]) => turn.assist.analysis.types.every((one) => one.id !== id));
  const options = (rows) => rows.map(([id, name]) => h("option", { value: id }, name));
  const select = h("select", { class: "input", id: uid("type") }, h("option", { value: "" }, "选择正确的类型…"),
    guesses.length > 0 && h("optgroup", { label: "也有可能" }, options(guesses)), h("optgroup", { label: "全部类型" }, options(others)));
  const field = h("div", { class: "field" }, h("label", { for: select.id }, "这条消息主要在说"), select);
  return put(session, turn, "类型不对", field, () => (select.value ? { types: [select.value] } : "请选择一个类型"));
}

function askLevel(session, turn, terms) {
  const read = turn.corrected?.level === undefined ? turn.assist.analysis.emotion.level : null;
  const rows = Object.entries(terms?.levels ?? {}).filter(([level]) => Number(level) !== read);
  const { set, chosen } = choices("radio", "客户的情绪其实是", rows.map(([level, name]) => [level, `${level} ${name}`]), []);
  return put(session, turn, "情绪不对", set, () => (chosen().length ? { level: Number(chosen()[0]) } : "请选择一级"));
}

function askRisks(session, turn, terms) {
  const read = turn.assist.analysis.risks.map((risk) => risk.id);
  const { set, chosen } = choices("checkbox", "这条消息里的风险（都没有就全不选）", Object.entries(terms?.risks ?? {}), turn.corrected?.risks ?? read);
  return put(session, turn, "风险不对", set, () => ({ risks: chosen() }));
}

function choices(type, legend, rows, ticked) {
  const name = uid("choice");
  const boxes = rows.map(([value]) => h("input", { type, name, value, checked: ticked.includes(value) }));
  const set = h("fieldset", { class: "choices" }, h("legend", {}, legend), rows.map(([, label], i) => h("label", {}, boxes[i], label)));
  return { set, chosen: () => boxes.filter((box) => box.checked).map((box) => box.value) };
}

/** Asks, sends, and stays open with the reason when it could not be kept. `said()` is what to send, or what is missing. */
function put(session, turn, title, field, said) {
  const trouble = h("p", { class: "small wrong-field", role: "alert" });
  return ask({
    title,
    body: [h("blockquote", { class: "quiet small" }, turn.text), field, h("p", { class: "small quiet" }, "消息隐去个人信息后存下，供训练识别用；这次的建议不变。"), trouble],
    actions: [{ value: "", label: "取消" }, { value: "keep", label: "记下", kind: "primary" }],
    check: async () => {
      const answer = said();
      trouble.textContent = typeof answer === "string" ? answer : "";
      if (typeof answer === "string") return false;
      try {
        await session.correct(turn, answer, KEPT);
        return true;
      } catch (error) {
        trouble.textContent = `没有记下：${error.message}`;
        return false;
      }
    },
  });
}
