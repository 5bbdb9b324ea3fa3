// Server-sent events from a fetch body, as WHATWG HTML §9.2.6 reads them. EventSource can neither POST nor be stopped by a signal.

export class SseParser {
  // In stream mode the decoder keeps a UTF-8 sequence that a chunk cuts in two, and drops a leading byte order mark.
  #decoder = new TextDecoder();
  #line = "";
  #endedWithCr = false;
  #type = "";
  #data = [];

  /** Takes the next bytes and returns the events that they complete: { type, data }. */
  push(bytes) {
    const events = [];
    let text = this.#decoder.decode(bytes, { stream: true });
    if (text === "") {
      return events;
    }

    // CRLF is one line end, also when the chunk ended between the two.
    if (this.#endedWithCr && text[0] === "\n") {
      text = text.slice(1);
    }
    this.#endedWithCr = text === "" ? false : text.endsWith("\r");

    const lines = text.split(/\r\n|\r|\n/);
    lines[0] = this.#line + lines[0];
    this.#line = lines.pop();
    for (const line of lines) {
      this.#read(line, events);
    }
    return events;
  }

  #read(line, events) {
    if (line === "") {
      this.#dispatch(events);
      return;
    }

    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "data") {
      this.#data.push(value);
    } else if (field === "event") {
      this.#type = value;
    }
    // A comment has an empty field name; id and retry mean nothing to a request that is never repeated by itself.
  }

  #dispatch(events) {
    if (this.#data.length > 0) {
      events.push({ type: this.#type || "message", data: this.#data.join("\n") });
    }
    this.#type = "";
    this.#data = [];
  }
}

/** Reads a ReadableStream of bytes and yields its events. Whoever stops early stops the stream. */
export async function* readEvents(body) {
  const parser = new SseParser();
  const reader = body.getReader();
  try {
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      yield* parser.push(chunk.value);
    }
    // What follows the last blank line is half an event, and is dropped.
  } finally {
    reader.cancel().catch(() => {});
  }
}
