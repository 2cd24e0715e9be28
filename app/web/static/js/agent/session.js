// One conversation: the turns, what the copilot said about them, and which request is the newest.

import { Creator, post, Unreachable } from "../api.js";

const MAX_TURNS = 50;
const MAX_TEXT = 4000;
const AGAIN_MS = 3000;

const cut = (text) => Array.from(text).slice(0, MAX_TEXT).join("");

export class Session extends EventTarget {
  turns = [];
  context = {};
  status = "empty"; // empty | loading | ready | failed
  assist = null; // the newest answer
  error = null;
  waitingSince = null; // when the oldest unanswered customer message arrived
  noted = ""; // the last thing to tell about a correction; gone with the next message
  #corrections = new Creator("/v1/corrections");
  #newest = 0;
  #abort = null;

  /** Starts over with earlier turns; they are not sent for analysis. */
  open(context, turns) {
    this.#abort?.abort();
    this.#newest += 1;
    Object.assign(this, { turns: turns.map((turn) => ({ ...turn, at: new Date() })), context, assist: null, error: null,
      waitingSince: null, status: "empty", noted: "" });
    this.#changed();
  }

  /** The customer wrote: shows the message at once, then asks for help with it. */
  async receive(text) {
    const turn = { role: "customer", text, at: new Date() };
    this.turns.push(turn);
    this.waitingSince ??= turn.at;
    await this.#ask(turn);
  }

  /** Asks again after a failure. */
  async retry() {
    const turn = this.turns.findLast((one) => one.role === "customer");
    if (turn) await this.#ask(turn);
  }

  /** The agent sent a reply. `override` says why it went out against the check's advice, and who let it. */
  reply(text, override = null) {
    const answered = this.waitingSince;
    this.turns.push({ role: "agent", text, at: new Date(), override, took: answered ? Date.now() - answered : null });
    this.waitingSince = null;
    this.#changed();
  }

  /** The message that `assist` answers. */
  get answered() {
    return this.turns.findLast((one) => one.assist && one.assist === this.assist) ?? null;
  }

  /** Keeps what the agent says is right about a message; `done` is then told. Throws when it could not be kept. */
  async correct(turn, said, done) {
    await this.#corrections.post({ message: turn.text, history: this.history(turn), ...said });
    turn.corrected = { ...turn.corrected, ...said };
    this.say(done);
  }

  say(words) {
    this.noted = words;
    this.#changed();
  }

  /** What the service reads before a message or a draft: the last turns before `turn`, or all of them. */
  history(turn = null) {
    const end = turn ? this.turns.indexOf(turn) : this.turns.length;
    return this.turns.slice(Math.max(0, end - MAX_TURNS), end)
      .filter((one) => one.text.trim()).map(({ role, text }) => ({ role, text: cut(text) }));
  }

  async #ask(turn) {
    this.#abort?.abort();
    this.#abort = new AbortController();
    this.#newest += 1;
    const mine = this.#newest;
    Object.assign(this, { status: "loading", noted: "" });
    this.#changed();
    const body = { message: turn.text, history: this.history(turn), context: this.context };
    try {
      const answer = await post("/v1/assist", body, { signal: this.#abort.signal });
      if (mine !== this.#newest) return; // a newer message was sent meanwhile
      turn.assist = answer;
      Object.assign(this, { assist: answer, error: null, status: "ready" });
    } catch (error) {
      if (mine !== this.#newest) return;
      Object.assign(this, { error, status: "failed" });
      if (error instanceof Unreachable) setTimeout(() => { if (mine === this.#newest) this.retry(); }, AGAIN_MS);
    }
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
