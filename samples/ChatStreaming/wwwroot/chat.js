import { AnswerView } from "./answer.js";
import { ask, AnswerError } from "./ask.js";
import { historyOf } from "./conversation.js";

const maxLength = 4_000; // The server refuses more with a 400.

const $ = (id) => document.getElementById(id);
const [scroller, welcome, log, status] = [$("scroller"), $("welcome"), $("log"), $("status")];
const [composer, box, sendButton, stopButton] = [$("composer"), $("prompt"), $("send"), $("stop")];

let exchanges = []; // { question, answer, complete }, oldest first
let running = null; // the AbortController of the answer that streams
let modelLabel = "…";

// --- One question and its answer ---

async function exchange(question) {
  const view = new AnswerView(log, scroller, modelLabel);
  const controller = new AbortController();
  const current = { question, answer: "", complete: false };
  const history = historyOf(exchanges);
  exchanges.push(current);
  setRunning(controller);
  say("Answering…");

  const started = performance.now();
  const wire = [];
  let firstAfter = null;
  try {
    for await (const event of ask({ text: question, history }, controller.signal)) {
      wire.push(`event: ${event.type}\ndata: ${event.data}`);
      if (event.type === "start") {
        showModel(event.label);
      } else if (event.type === "delta") {
        firstAfter ??= performance.now() - started;
        view.append(event.text);
      } else {
        view.finish(summary(event, wire.length, firstAfter), wire);
        say(view.spoken);
      }
    }
    current.complete = true;
  } catch (error) {
    if (controller.signal.aborted) {
      current.complete = true; // What was read before the stop is part of the conversation.
      view.stop("You stopped this answer.");
      say("Stopped.");
    } else {
      exchanges = exchanges.filter((other) => other !== current);
      showFailure(view, question, error);
    }
  } finally {
    current.answer = view.text;
    setRunning(null, controller);
  }
}

function showFailure(view, question, error) {
  if (!(error instanceof AnswerError)) {
    console.error(error);
  }
  const message = error instanceof AnswerError ? error.message : "The page could not show the answer.";
  if (error.retryable) {
    view.fail(message, "Try again", () => {
      view.remove();
      box.focus();
      exchange(question);
    });
  } else {
    view.fail(message, "Edit the question", () => {
      box.value = question;
      box.dispatchEvent(new Event("input"));
      box.focus();
    });
  }
}

function summary({ finishReason, usage }, eventCount, firstAfter) {
  const parts = [`${eventCount} events`];
  if (firstAfter !== null) {
    parts.push(`first text after ${Math.round(firstAfter)} ms`);
  }
  if (usage?.outputTokens) {
    parts.push(`${usage.outputTokens} tokens`);
  }
  if (finishReason === "length") {
    parts.push("cut at the model's length limit");
  } else if (finishReason === "content_filter") {
    parts.push("cut by the model's content filter");
  }
  return parts.join(" · ");
}

// --- The page around it ---

function send(text) {
  const question = text.trim().toWellFormed();
  if (question === "" || running) {
    return;
  }
  welcome.hidden = true;
  for (const wayOn of log.querySelectorAll(".alert button")) {
    wayOn.remove(); // The conversation goes on, so what failed before is not tried again in its middle.
  }
  const item = document.createElement("li");
  item.className = "question";
  item.textContent = question;
  log.append(item);
  box.value = "";
  box.dispatchEvent(new Event("input"));
  scroller.scrollTop = scroller.scrollHeight;
  exchange(question);
}

function setRunning(controller, only = running) {
  if (only !== running) {
    return; // Another answer streams by now.
  }
  const stopHadFocus = document.activeElement === stopButton;
  running = controller;
  sendButton.hidden = running !== null;
  stopButton.hidden = running === null;
  if (stopHadFocus) {
    box.focus();
  }
}

function showModel(label) {
  modelLabel = label;
  $("model").textContent = label;
}

function say(text) {
  status.textContent = text;
}

function startOver() {
  running?.abort();
  setRunning(null);
  exchanges = [];
  log.replaceChildren();
  welcome.hidden = false;
  say("New chat.");
  box.focus();
}

composer.addEventListener("submit", (event) => {
  event.preventDefault();
  send(box.value);
});
box.addEventListener("keydown", (event) => {
  // While an input method composes, Enter picks a word.
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    send(box.value);
  }
});
box.addEventListener("input", () => {
  const { length } = box.value;
  $("count").textContent = length > maxLength * 0.8 ? `${length} of ${maxLength} characters` : "";
  $("count").classList.toggle("over", length > maxLength);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    running?.abort();
  }
});
stopButton.addEventListener("click", () => running?.abort());
$("new-chat").addEventListener("click", startOver);
for (const suggestion of welcome.querySelectorAll("button")) {
  suggestion.addEventListener("click", () => {
    box.focus();
    send(suggestion.textContent);
  });
}

fetch("model").then((response) => response.json()).then(({ label }) => showModel(label)).catch(() => showModel("not reachable"));
