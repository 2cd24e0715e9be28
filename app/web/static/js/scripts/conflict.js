// Two people changed the same script: both versions side by side, and the trainer decides.

import { ask, h } from "../dom.js";
import { moment } from "../text.js";
import { changes } from "./diff.js";
import { naming } from "./versions.js";

/** Resolves to "mine", "theirs", or null to keep editing. */
export function conflict(theirs, mine, words) {
  const who = [theirs.updated_by, moment(theirs.updated_at)].filter(Boolean).join(" ");
  return ask({
    title: "这条话术刚被别人改过", wide: true,
    body: [
      h("p", {}, `对方的版本:${who || "未知"}。下面是从对方的版本到您的版本的差别:`, h("del", {}, "对方有"), " ", h("ins", {}, "您有")),
      h("div", { class: "diff-box" }, changes(theirs.script, mine, naming(words))),
    ],
    actions: [
      { value: "", label: "继续编辑" },
      { value: "theirs", label: "用对方的版本", kind: "danger" },
      { value: "mine", label: "用我的版本覆盖", kind: "primary" },
    ],
  });
}
