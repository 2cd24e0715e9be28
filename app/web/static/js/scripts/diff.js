// What differs between two scripts, field by field, characters marked.

import { h } from "../dom.js";
import { FIELDS } from "./names.js";
import { format } from "./phrasings.js";

const MAX_CELLS = 4_000_000; // above that a table of longest common subsequences costs too much memory

/** A list of changed fields; `words` turns ids into names. */
export function changes(before, after, words) {
  const rows = Object.keys(FIELDS).flatMap((field) => {
    const [old, now] = [shown(before, field, words), shown(after, field, words)];
    return old === now ? [] : [h("div", { class: "diff-row" }, h("dt", {}, FIELDS[field]), h("dd", {}, compare(field, old, now)))];
  });
  return rows.length ? h("dl", { class: "diff" }, rows) : h("p", { class: "quiet" }, "内容相同");
}

function shown(script, field, words) {
  const value = field.split(".").reduce((part, key) => part?.[key], script);
  if (field === "phrasings") return format(value ?? []);
  if (field === "intensity") return (value ?? []).join("–");
  if (Array.isArray(value)) return value.map((one) => words(field, one)).join("、");
  return value === undefined || value === null ? "" : words(field, String(value));
}

function compare(field, old, now) {
  const units = field === "phrasings" ? (text) => text.split(/(?<=\n)/) : (text) => Array.from(text);
  return steps(units(old), units(now)).map(([kind, text]) => (kind ? h(kind, {}, text) : text));
}

function steps(a, b) {
  if (a.length * b.length > MAX_CELLS) return [["del", a.join("")], ["ins", b.join("")]];
  const width = b.length + 1;
  const table = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      table[i * width + j] = a[i] === b[j]
        ? table[(i + 1) * width + j + 1] + 1
        : Math.max(table[(i + 1) * width + j], table[i * width + j + 1]);
    }
  }
  const out = [];
  const add = (kind, text) => {
    if (out.length && out[out.length - 1][0] === kind) out[out.length - 1][1] += text;
    else out.push([kind, text]);
  };
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      add(null, a[i]);
      i += 1;
      j += 1;
    } else if (j >= b.length || (i < a.length && table[(i + 1) * width + j] >= table[i * width + j + 1])) {
      add("del", a[i]);
      i += 1;
    } else {
      add("ins", b[j]);
      j += 1;
    }
  }
  return out;
}
