/**
 * What one client shows of an answer. A module of this folder fills it in from the client's own messages and callbacks. Each exports:
 * ask, which asks and reads until the client ends by itself; resume, what an app does after a break that the client reported; join, which
 * reads the answer in another tab; and stop.
 */
export class Answer {
  text = "";
  /** The id by which other clients find the answer. */
  run = null;
  /** Whether the client took the text for the whole answer. */
  isWhole = false;
  /** Whether an event reported that the answer failed. */
  hasFailed = false;
  /** What the client reported as failures, thrown or by callback. */
  failures = [];
  #onText;

  constructor(onText = () => {}) {
    this.#onText = onText;
  }

  show(text) {
    this.text = text;
    if (text !== "") {
      this.#onText(text);
    }
  }

  add(text) {
    this.show(this.text + text);
  }

  fail(message) {
    this.hasFailed = true;
    this.failures.push(message);
  }

  /** Reads until the client has ended by itself. */
  async read(reading) {
    try {
      await reading;
    } catch (error) {
      this.failures.push(error.message);
    }
  }

  toReport(prefix = "") {
    const { text, isWhole, failures } = this;
    return Object.fromEntries(Object.entries({ text, isWhole, failures: [...failures] }).map(([name, value]) => [named(prefix, name), value]));
  }
}

/** Reports one answer that nothing interrupts. */
export async function readOnce(client, address, prompt, result) {
  const answer = new Answer();
  await answer.read(client.ask(address, prompt, answer));
  result.text = answer.text;
  result.finishReason = answer.isWhole ? "finished" : null;
  result.runErrors = answer.failures;
}

export async function post(url, body = {}) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) {
    throw new Error(`${url} returned ${response.status}.`);
  }

  return response;
}

function named(prefix, name) {
  return prefix === "" ? name : prefix + name[0].toUpperCase() + name.slice(1);
}
