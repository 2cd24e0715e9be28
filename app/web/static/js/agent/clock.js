// <kefu-clock>: time left until the first response is due; counts on after that.

import { h, icon } from "../dom.js";

const TIGHT = 0.25;

class Clock extends HTMLElement {
  #timer = 0;
  #due = 0;
  #whole = 1;

  /** Counts down to `minutes` after `start` (a Date). */
  run(start, minutes) {
    this.#whole = minutes * 60000;
    this.#due = start.getTime() + this.#whole;
    this.setAttribute("role", "timer");
    this.setAttribute("aria-live", "off");
    this.#tick();
  }

  connectedCallback() {
    this.#timer = setInterval(() => this.#tick(), 1000);
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
  }

  #tick() {
    if (!this.#due) return;
    const left = this.#due - Date.now();
    const seconds = Math.floor(Math.abs(left) / 1000);
    const shown = `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
    const late = left < 0;
    this.className = late ? "late" : left < this.#whole * TIGHT ? "tight" : "";
    this.replaceChildren(icon("clock"), late ? `首响已超时 ${shown}` : `首响剩余 ${shown}`);
  }
}

customElements.define("kefu-clock", Clock);

export const clock = (start, minutes) => {
  const element = h("kefu-clock");
  element.run(start, minutes);
  return element;
};
