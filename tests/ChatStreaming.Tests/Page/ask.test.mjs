import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { ask, AnswerError } from "../../../samples/ChatStreaming/wwwroot/ask.js";

const realFetch = globalThis.fetch;
console.debug = () => {}; // The page says there what broke.

afterEach(() => {
  globalThis.fetch = realFetch;
});

const start = 'event: start\ndata: {"model":"m","label":"M"}\n\n';
const delta = 'event: delta\ndata: {"text":"Hi"}\n\n';
const done = 'event: done\ndata: {"finishReason":"stop"}\n\n';

test("An answer ends with done, whatever the connection does afterwards", async () => {
  answer(start + delta + ": ping\n\nevent: novelty\ndata: not json\n\n" + done + "event: delta\ndata: {}\n\n");
  assert.deepEqual((await collect()).map(({ type }) => type), ["start", "delta", "done"]);
});

test("A stream that just ends is a lost connection", async () => {
  answer(start + delta);
  await fails(/connection was lost/, true, ["start", "delta"]);
});

test("A stream that breaks is a lost connection", async () => {
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode(start)),
    pull: (controller) => controller.error(new TypeError("network error")),
  });
  answer(body);
  await fails(/connection was lost/, true, undefined);
});

test("A reported failure has its own words, and says whether to try again", async () => {
  answer(start + 'event: failed\ndata: {"message":"No key.","retryable":false}\n\n');
  await fails(/No key\./, false, ["start"]);
});

test("A refusal shows the reason of the problem answer", async () => {
  globalThis.fetch = async () => Response.json({ title: "Refused", detail: "Too long." }, { status: 400 });
  await fails(/Too long\./, false, []);
});

test("A server error without a reason shows its status, and may be tried again", async () => {
  globalThis.fetch = async () => new Response("<html>", { status: 502 });
  await fails(/status 502/, true, []);
});

test("A page in place of a stream is not taken for an answer", async () => {
  globalThis.fetch = async () => new Response("<html>", { headers: { "Content-Type": "text/html" } });
  await fails(/not an event stream/, false, []);
});

test("A server that is not there can be tried again", async () => {
  globalThis.fetch = async () => { throw new TypeError("Failed to fetch"); };
  await fails(/could not be reached/, true, []);
});

test("A stopped answer is not an error of the server", async () => {
  const controller = new AbortController();
  controller.abort();
  globalThis.fetch = async (_, { signal }) => { signal.throwIfAborted(); };
  await assert.rejects(collect([], controller.signal), { name: "AbortError" });
});

function answer(body) {
  globalThis.fetch = async () => new Response(body, { headers: { "Content-Type": "text/event-stream" } });
}

async function collect(events = [], signal = new AbortController().signal) {
  for await (const event of ask({ text: "Hi" }, signal)) {
    events.push(event);
  }
  return events;
}

async function fails(message, retryable, before) {
  const events = [];
  await assert.rejects(collect(events), (error) => {
    assert.ok(error instanceof AnswerError);
    assert.match(error.message, message);
    assert.equal(error.retryable, retryable);
    return true;
  });
  if (before) {
    assert.deepEqual(events.map(({ type }) => type), before);
  }
}
