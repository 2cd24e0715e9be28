// A field that holds several ids in order: chips that can be removed, and a control to add one.

import { h, icon, uid } from "../dom.js";

/** `options`: id → name. `free` lets ids be typed that are not among them. Calls `changed` after each change. */
export function picks({ label, options, max, free = false, first = "", changed }) {
  let chosen = [];
  const list = h("ul", { class: "chips", "aria-label": label });
  const id = uid("pick");
  const adder = free ? typed(id, options, add) : select(id, options, add);
  const element = h("div", { class: "picks", id: `${id}-box` }, list, adder.element);

  function add(value) {
    if (!value || chosen.includes(value) || chosen.length >= max) return;
    chosen.push(value);
    render();
    changed();
  }

  function drop(value) {
    chosen = chosen.filter((one) => one !== value);
    render();
    changed();
    adder.focus();
  }

  function render() {
    list.replaceChildren(...chosen.map((value, i) => h("li", { class: `chip ${i === 0 && first ? "accent" : ""}` },
      i === 0 && first ? `${first} ` : "", options[value] ? `${options[value]}` : value,
      h("button", { class: "chip-drop", type: "button", "aria-label": `移除 ${options[value] ?? value}`, onclick: () => drop(value) }, icon("cross")))));
    adder.disable(chosen.length >= max);
  }

  return {
    element,
    id,
    read: () => [...chosen],
    write(values) {
      chosen = [...values];
      render();
    },
  };
}

function select(id, options, add) {
  const control = h("select", { id, class: "input" }, h("option", { value: "" }, "添加…"),
    Object.entries(options).map(([value, name]) => h("option", { value }, name)));
  control.addEventListener("change", () => {
    add(control.value);
    control.value = "";
  });
  return { element: control, focus: () => control.focus(), disable: (full) => { control.disabled = full; } };
}

function typed(id, options, add) {
  const names = h("datalist", { id: `${id}-names` }, Object.entries(options).map(([value, name]) => h("option", { value }, name)));
  const control = h("input", { id, class: "input", list: names.id, placeholder: "键入后回车添加", autocomplete: "off", maxlength: 80 });
  const take = () => {
    add(control.value.trim());
    control.value = "";
  };
  control.addEventListener("change", take);
  control.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    take();
  });
  return { element: h("div", {}, control, names), focus: () => control.focus(), disable: (full) => { control.disabled = full; } };
}
