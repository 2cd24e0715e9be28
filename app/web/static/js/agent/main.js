// The agent's page: ties the conversation, the composer and the panel to one session.

import "./conversation.js";
import "./composer.js";
import "./panel.js";
import { Session } from "./session.js";

const RANKS = { Digit1: 1, Digit2: 2, Digit3: 3, Numpad1: 1, Numpad2: 2, Numpad3: 3 };
const TYPING = "input, textarea, select, [contenteditable]";

const session = new Session();
const conversation = document.querySelector("kefu-conversation");
const composer = document.querySelector("kefu-composer");
const panel = document.querySelector("kefu-panel");

for (const part of [conversation, composer, panel]) part.follow(session);

conversation.addEventListener("customer-message", (event) => session.receive(event.detail));
conversation.addEventListener("case-open", ({ detail: { context, turns } }) => {
  session.open(context, turns.slice(0, -1));
  session.receive(turns[turns.length - 1].text);
});
panel.addEventListener("suggestion-insert", (event) => composer.insert(event.detail.text));
composer.addEventListener("reply-send", ({ detail: { text, override } }) => session.reply(text, override));

document.addEventListener("keydown", (event) => {
  const rank = RANKS[event.code];
  if (!rank || event.isComposing || event.ctrlKey || event.metaKey || document.querySelector("dialog[open]")) return;
  if (!event.altKey && (event.shiftKey || event.target.closest(TYPING))) return;
  event.preventDefault();
  panel.insert(rank);
});
