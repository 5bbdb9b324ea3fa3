// Posts, and yields the events of the answer. A broken connection is resumed by the same request with the last event id, until the stream
// ends cleanly. `signal` ends it.
export async function* postStream(url, body, signal) {
  let lastEventId;
  let retry = 2000;
  while (true) {
    let pause;
    try {
      for await (const event of read(await post(url, body, lastEventId, signal))) {
        lastEventId = event.id ?? lastEventId;
        retry = event.retry ?? retry;
        if (event.type === "ssekit.failed") {
          throw new AnswerError("The answer failed.");
        }

        yield event;
      }

      return;
    } catch (error) {
      if (signal.aborted || error instanceof AnswerError) {
        throw error;
      }

      pause = error.pause;
    }

    await new Promise(resolve => setTimeout(resolve, pause ?? retry));
  }
}

class AnswerError extends Error {}

async function post(url, body, lastEventId, signal) {
  const headers = { "Content-Type": "application/json", Accept: "text/event-stream" };
  if (lastEventId) {
    headers["Last-Event-ID"] = lastEventId;
  }

  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body), signal });
  if (response.status >= 400 && response.status < 500 && response.status !== 429) {
    throw new AnswerError(`The server answers ${response.status}.`);
  }

  if (!response.ok) {
    const pause = 1000 * response.headers.get("Retry-After") || undefined;
    throw Object.assign(new Error(`The server answers ${response.status}.`), { pause });
  }

  // 204: the answer is complete, and there is nothing after the last event id.
  return response.body ?? new Blob().stream();
}

// SseKit ends every line with LF.
async function* read(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      const blocks = (rest + chunk.value).split("\n\n");
      rest = blocks.pop();
      yield* blocks.map(parse);
    }
  } finally {
    // The caller may leave before the end.
    await reader.cancel().catch(() => {});
  }
}

function parse(block) {
  const event = { type: "message", data: [] };
  for (const line of block.split("\n")) {
    const [field, value] = line.split(/: ?(.*)/s);
    if (field === "data") {
      event.data.push(value);
    } else if (field === "event") {
      event.type = value;
    } else if (field === "id") {
      event.id = value;
    } else if (field === "retry") {
      event.retry = Number(value);
    }
  }

  return { ...event, data: event.data.join("\n") };
}
