import { readEvents } from "./sse.js";

/** The answer is not complete, and this says why. */
export class AnswerError extends Error {
  constructor(message, retryable) {
    super(message);
    this.retryable = retryable;
  }
}

/**
 * Asks the server and yields the events of its answer: start, delta and done. Returns after done, and in no other way:
 * a failure that the server reports, a refusal, and a stream that just ends are thrown as AnswerError.
 */
export async function* ask(prompt, signal) {
  const response = await post(prompt, signal);
  try {
    for await (const { type, data } of readEvents(response.body)) {
      switch (type) {
        case "start":
        case "delta":
          yield { type, data, ...JSON.parse(data) };
          break;
        case "done":
          yield { type, data, ...JSON.parse(data) };
          return;
        case "failed": {
          const { message, retryable } = JSON.parse(data);
          throw new AnswerError(message, retryable);
        }
      }
    }
  } catch (error) {
    if (error instanceof AnswerError || signal.aborted) {
      throw error;
    }
    console.debug("The stream broke:", error);
  }
  throw new AnswerError("The connection was lost before the answer was complete.", true);
}

async function post(prompt, signal) {
  let response;
  try {
    response = await fetch("chat", {
      method: "POST",
      headers: { "Content-Type": "application/json", "Accept": "text/event-stream" },
      body: JSON.stringify(prompt),
      signal,
    });
  } catch (error) {
    throw signal.aborted ? error : new AnswerError("The server could not be reached.", true);
  }

  if (!response.ok) {
    throw new AnswerError(await reason(response), response.status >= 500 || response.status === 429);
  }
  if (!response.headers.get("Content-Type")?.startsWith("text/event-stream")) {
    throw new AnswerError("The server answered with something that is not an event stream.", false);
  }
  return response;
}

async function reason(response) {
  const problem = await response.json().catch(() => ({}));
  return problem.detail ?? problem.title ?? `The server answered with status ${response.status}.`;
}
