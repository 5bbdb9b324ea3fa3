import { render } from "./markdown.js";

/** One answer in the page: grows while it streams, then says how it ended. */
export class AnswerView {
  #item = document.createElement("li");
  #body = document.createElement("div");
  #scroller;
  #frame = 0;
  #text = "";

  constructor(log, scroller, modelLabel) {
    this.#scroller = scroller;
    this.#item.className = "answer";
    this.#item.append(paragraph("who", modelLabel), this.#body);
    this.#body.className = "markdown";
    this.#state = "waiting";
    this.#keepAtEnd(() => log.append(this.#item));
  }

  get text() {
    return this.#text;
  }

  /** Takes the next piece. Pieces come faster than the screen changes, so they are painted once a frame. */
  append(text) {
    this.#text += text;
    this.#state = "streaming";
    this.#frame ||= requestAnimationFrame(() => this.#paint(true));
  }

  /** The answer is complete. The note opens to the events as they came over the wire. */
  finish(note, wire) {
    const details = document.createElement("details");
    const summary = document.createElement("summary");
    const lines = document.createElement("pre");
    details.className = "wire";
    summary.textContent = note;
    lines.tabIndex = 0;
    details.append(summary, lines);
    details.addEventListener("toggle", () => lines.textContent = wire.join("\n\n"), { once: true });
    this.#end("done", details);
  }

  stop(note) {
    this.#end("stopped", paragraph("note", note));
  }

  /** Shows an error below what had arrived, with a button that offers the way on. */
  fail(message, actionLabel, action) {
    const alert = document.createElement("div");
    const button = document.createElement("button");
    alert.className = "alert";
    alert.role = "alert";
    button.type = "button";
    button.textContent = actionLabel;
    button.addEventListener("click", action, { once: true });
    alert.append(paragraph("", message), button);
    this.#end("failed", alert);
  }

  /** The answer as a screen reader should speak it: without marks. */
  get spoken() {
    return this.#body.textContent;
  }

  remove() {
    cancelAnimationFrame(this.#frame);
    this.#item.remove();
  }

  set #state(state) {
    this.#item.dataset.state = state;
    this.#item.ariaBusy = String(state === "waiting" || state === "streaming");
  }

  #end(state, footer) {
    cancelAnimationFrame(this.#frame);
    this.#state = state;
    this.#paint(false);
    this.#keepAtEnd(() => this.#item.append(footer));
  }

  #paint(open) {
    this.#frame = 0;
    this.#keepAtEnd(() => render(this.#body, this.#text, { open }));
  }

  // Who reads at the end stays at the end; who scrolled up to read is left alone.
  #keepAtEnd(change) {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    change();
    if (scrollHeight - scrollTop - clientHeight < 80) {
      this.#scroller.scrollTop = this.#scroller.scrollHeight;
    }
  }
}

function paragraph(className, text) {
  const node = document.createElement("p");
  node.className = className;
  node.textContent = text;
  return node;
}
