// The question before a draft goes out against the check's advice.

import { ask, h, uid } from "../dom.js";

const MIN_REASON = 2;

/** Resolves to the reason ("" when none is needed), or null when the draft must not go out. */
export async function confirmSending({ status, result }, worst) {
  if (status === "done" && result.verdict === "block") return null;
  if (status === "done" && result.verdict !== "confirm") return "";
  const unchecked = status !== "done";
  const reason = h("textarea", { class: "input", id: uid("reason"), rows: 3, maxlength: 200 });
  const missing = h("p", { class: "small wrong-field", role: "alert" });
  const answer = await ask({
    title: unchecked ? "这条草稿没有检查过" : "检查建议先改写",
    body: [
      h("p", {}, unchecked ? "检查没有完成，不知道里面有没有不该说的话。" : `“${worst.text}”：${worst.message} ${worst.reason}`),
      h("div", { class: "field" }, h("label", { for: reason.id }, "仍要发送的理由"), reason, missing),
    ],
    actions: [{ value: "", label: "回去修改" }, { value: "send", label: "说明理由并发送", kind: "danger" }],
    check: (value) => {
      const given = value !== "send" || reason.value.trim().length >= MIN_REASON;
      missing.textContent = given ? "" : `请写明理由，至少 ${MIN_REASON} 个字`;
      return given;
    },
  });
  return answer === "send" ? reason.value.trim() : null;
}
