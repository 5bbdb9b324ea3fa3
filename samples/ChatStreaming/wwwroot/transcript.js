import { AnswerView } from "./answer.js";
import { Tally } from "./tally.js";

/** The questions and answers in the page. It draws what the server keeps, and changes only what is different. */
export class Transcript {
  #log;
  #scroller;
  #exchanges = new Map(); // id → { question, item, view, isOpen, isUnsent, tally, wire }
  #on;

  /** on.retry(id, question) and on.edit(question): the buttons below an answer that failed. */
  constructor(log, scroller, on) {
    this.#log = log;
    this.#scroller = scroller;
    this.#on = on;
    this.modelLabel = "…";
  }

  get isEmpty() {
    return this.#exchanges.size === 0;
  }

  /** The id of the last question. */
  get lastId() {
    return [...this.#exchanges.keys()].at(-1);
  }

  /** The count of the last answer's events. */
  get tally() {
    return this.#exchanges.get(this.lastId)?.tally ?? new Tally();
  }

  /** Draws a chat as the server keeps it. */
  draw(messages) {
    const ids = new Set(messages.map(({ id }) => id));
    for (const [id, { isUnsent }] of [...this.#exchanges]) {
      if (!ids.has(id) && !isUnsent) {
        this.remove(id);
      }
    }
    for (const message of messages) {
      if (message.role === "user") {
        this.add(message.id, message.text);
      } else {
        this.#show(message);
      }
    }
  }

  /** Adds a question whose answer is awaited. */
  add(id, question) {
    if (this.#exchanges.has(id)) {
      return;
    }
    const item = document.createElement("li");
    item.className = "question";
    item.textContent = question;
    for (const wayOn of this.#log.querySelectorAll(".alert button")) {
      wayOn.remove(); // The conversation goes on, so what failed before is not tried again in its middle.
    }
    this.#log.append(item);
    const view = new AnswerView(this.#log, this.#scroller, this.modelLabel);
    this.#exchanges.set(id, { question, item, view, isOpen: true, isUnsent: false, tally: new Tally(), wire: [] });
  }

  remove(id) {
    const exchange = this.#exchanges.get(id);
    exchange?.item.remove();
    exchange?.view.remove();
    this.#exchanges.delete(id);
  }

  clear() {
    for (const id of [...this.#exchanges.keys()]) {
      this.remove(id);
    }
  }

  /** Takes an event of the answer that is being written, which is the last one. Returns whether it was the answer's end. */
  take(type, data, eventId) {
    const exchange = this.#exchanges.get(this.lastId);
    if (!exchange?.isOpen) {
      return true;
    }
    exchange.wire.push(`id: ${eventId}\nevent: ${type}\ndata: ${data}`);
    const content = JSON.parse(data);
    switch (type) {
      case "start":
        exchange.view.label = content.label;
        return false;
      case "delta":
        exchange.tally.take(content.number);
        exchange.view.append(content.text);
        return false;
      case "failed":
        this.#end(this.lastId, { state: content.code === "interrupted" ? "interrupted" : "failed", failure: content });
        return true;
      default:
        exchange.tally.end(content.events);
        this.#end(this.lastId, { state: type, ...content });
        return true;
    }
  }

  /** The question was refused, or the server may not know of it. */
  fail(id, message, actionLabel, action) {
    const exchange = this.#exchanges.get(id);
    exchange.isUnsent = true;
    exchange.view.fail("failed", message, actionLabel, action);
  }

  /** What a screen reader is told when an answer has ended. */
  get spoken() {
    return this.#exchanges.get(this.lastId)?.view.spoken ?? "";
  }

  #show(message) {
    const exchange = this.#exchanges.get(message.id);
    if (!exchange.isOpen) {
      return; // An answer that has ended stays as it is.
    }
    exchange.isUnsent = false;
    if (message.label) {
      exchange.view.label = message.label;
    }
    exchange.view.write(message.text);
    exchange.tally.startAfter(message.events);
    if (message.state !== "running") {
      this.#end(message.id, message);
    }
  }

  #end(id, { state, finishReason, usage, failure }) {
    const exchange = this.#exchanges.get(id);
    exchange.isOpen = false;
    if (!failure) {
      exchange.view.end(state, summary(state, finishReason, usage, exchange.tally), exchange.wire);
    } else if (id !== this.lastId) {
      exchange.view.fail(state, failure.message);
    } else if (failure.retryable) {
      exchange.view.fail(state, failure.message, "Retry", () => this.#on.retry(id, exchange.question));
    } else {
      exchange.view.fail(state, failure.message, "Edit the question", () => this.#on.edit(exchange.question));
    }
  }
}

function summary(state, finishReason, usage, tally) {
  const parts = [String(tally)];
  if (state === "stopped") {
    parts.unshift("Stopped");
  }
  if (usage?.outputTokens) {
    parts.push(`${usage.inputTokens} tokens in, ${usage.outputTokens} out`);
  }
  if (finishReason === "length") {
    parts.push("cut at the model's length limit");
  } else if (finishReason === "content_filter") {
    parts.push("cut by the model's content filter");
  }
  return parts.filter(Boolean).join(" · ") || "Complete";
}
