import { render } from "./markdown.js";

/** One answer in the page: grows while it is written, then says how it ended. */
export class AnswerView {
  #item = document.createElement("li");
  #who = paragraph("who", "");
  #body = document.createElement("div");
  #footer = null;
  #scroller;
  #frame = 0;
  #text = "";

  constructor(log, scroller, modelLabel) {
    this.#scroller = scroller;
    this.#item.className = "answer";
    this.#who.textContent = modelLabel;
    this.#item.append(this.#who, this.#body);
    this.#body.className = "markdown";
    this.#state = "waiting";
    this.#keepAtEnd(() => log.append(this.#item));
  }

  /** The answer as a screen reader should speak it: without marks. */
  get spoken() {
    return this.#body.textContent;
  }

  set label(label) {
    this.#who.textContent = label;
  }

  /** Takes the next piece. Pieces come faster than the screen changes, so they are painted once a frame. */
  append(text) {
    this.write(this.#text + text);
  }

  /** Sets all that has been written so far. */
  write(text) {
    this.#text = text;
    this.#state = text === "" ? "waiting" : "streaming";
    this.#replaceFooter(null);
    this.#frame ||= requestAnimationFrame(() => this.#paint(true));
  }

  /** The answer is over. The note says how; it opens to the events as they came over the wire, where this tab saw them. */
  end(state, note, wire = []) {
    if (wire.length === 0) {
      this.#end(state, paragraph("note", note));
      return;
    }
    const details = document.createElement("details");
    const summary = document.createElement("summary");
    const lines = document.createElement("pre");
    details.className = "wire";
    summary.textContent = note;
    lines.tabIndex = 0;
    details.append(summary, lines);
    details.addEventListener("toggle", () => lines.textContent = wire.join("\n\n"), { once: true });
    this.#end(state, details);
  }

  /** Shows an error below what had arrived, with a button that offers the way on. */
  fail(state, message, actionLabel, action) {
    const alert = document.createElement("div");
    alert.className = "alert";
    alert.role = "alert";
    alert.append(paragraph("", message));
    if (action) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = actionLabel;
      button.addEventListener("click", action, { once: true });
      alert.append(button);
    }
    this.#end(state, alert);
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
    this.#replaceFooter(footer);
  }

  #replaceFooter(footer) {
    if (this.#footer === null && footer === null) {
      return;
    }
    this.#keepAtEnd(() => {
      this.#footer?.remove();
      this.#footer = footer;
      if (footer) {
        this.#item.append(footer);
      }
    });
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
