// Building the page. Text from people only ever becomes a text node; nothing here parses HTML.

const SVG = "http://www.w3.org/2000/svg";

/** An element with properties (`class`, `on…`, `dataset`, attributes) and children (nodes, text, null). */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) set(element, name, value);
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

function set(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name === "class") element.className = value;
  else if (name === "dataset") Object.assign(element.dataset, value);
  else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name in element && typeof value !== "string") element[name] = value;
  else element.setAttribute(name, value === true ? "" : value);
}

export function icon(name, label) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  if (label) {
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label);
  } else {
    svg.setAttribute("aria-hidden", "true");
  }
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `/static/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

export function emit(element, name, detail) {
  element.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
}

/**
 * A question in a modal dialog; resolves to the pressed button's value, null when dismissed.
 * `check(value)`, which may take its time, keeps the dialog open by returning false.
 */
export function ask({ title, body = [], actions, wide = false, check = () => true }) {
  return new Promise((resolve) => {
    // A button without a value only dismisses: Enter in a field must never press it.
    const buttons = actions.map(({ value, label, kind = "" }) =>
      h("button", { class: `button ${kind}`, type: value ? "submit" : "button", value, onclick: value ? null : () => { if (form.ariaBusy !== "true") dialog.close(""); } }, label));
    const heading = h("h2", { id: "dialog-title" }, title);
    const form = h("form", { method: "dialog" }, heading, body, h("div", { class: "actions" }, buttons));
    const dialog = h("dialog", { class: wide ? "wide" : "", "aria-labelledby": "dialog-title" }, form);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (form.ariaBusy === "true") return; // a second press must not ask twice
      form.ariaBusy = "true";
      const fine = await check(event.submitter.value);
      form.ariaBusy = "false";
      if (fine) dialog.close(event.submitter.value);
    });
    dialog.addEventListener("cancel", (event) => { if (form.ariaBusy === "true") event.preventDefault(); });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue || null);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

let nextId = 0;
export const uid = (prefix) => `${prefix}-${(nextId += 1)}`;
