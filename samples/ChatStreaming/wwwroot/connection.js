const noteTime = 8_000;

const texts = {
  idle: "ready",
  connecting: "connecting…",
  live: "live",
  reconnecting: "connection lost, reconnecting…",
};

/** The line above the message box: the state of the connection, and how an answer continued after a loss of it. */
export class ConnectionLine {
  #line;
  #text;
  #tries;
  #resumed = 0;
  #lastEvent = 0;
  #continued = null; // What to report with the next event: { after, kept, lost }.
  #note = "";
  #noteTimer = 0;

  /** tries: what a visitor can do to a live connection. */
  constructor(line, text, tries) {
    this.#line = line;
    this.#text = text;
    this.#tries = tries;
  }

  get state() {
    return this.#line.dataset.state;
  }

  /** Shows idle, connecting, live or reconnecting. */
  show(state) {
    if (state === "reconnecting" && this.state !== state) {
      this.#resumed++;
      this.#continued ??= { after: "reconnect", kept: this.#lastEvent, lost: 0 };
    } else if (state === "idle") {
      this.#resumed = 0;
      this.#lastEvent = 0;
      this.#continued = null;
    }
    if (state === "reconnecting" || this.state === "idle") {
      this.#note = ""; // It was about an earlier loss, or an earlier answer.
    }
    this.#line.dataset.state = state;
    this.#tries.hidden = state !== "live";
    this.#draw();
  }

  /** The page was loaded again in the middle of an answer, of which the server kept some events and lost others. */
  reloaded(kept, lost) {
    this.#continued = { after: "reload", kept, lost };
  }

  /** An event of the answer was received, and so many before it were not. */
  received(number, missed) {
    this.#lastEvent = number;
    if (this.#continued) {
      const { after, kept, lost } = this.#continued;
      this.#continued = null;
      this.#showNote(`continued after ${after}: ${kept} ${kept === 1 ? "event" : "events"} kept, ${lost + missed || "none"} lost`);
    }
    this.#draw();
  }

  #showNote(text) {
    this.#note = text;
    clearTimeout(this.#noteTimer);
    this.#noteTimer = setTimeout(() => {
      this.#note = "";
      this.#draw();
    }, noteTime);
  }

  #draw() {
    const parts = [texts[this.state]];
    if (this.state === "live" && this.#lastEvent > 0) {
      parts.push(`event ${this.#lastEvent}`);
    }
    if (this.state === "live" && this.#resumed > 0) {
      parts.push(`resumed ${this.#resumed}×`);
    }
    this.#text.textContent = this.#note || parts.join(" · ");
    this.#line.classList.toggle("noted", this.#note !== "");
  }
}
