import assert from "node:assert/strict";
import { test } from "node:test";
import { SseParser, readEvents } from "../../../samples/ChatStreaming/wwwroot/sse.js";

const encoder = new TextEncoder();

function parse(...chunks) {
  const parser = new SseParser();
  return chunks.flatMap((chunk) => parser.push(typeof chunk === "string" ? encoder.encode(chunk) : chunk));
}

function data(...chunks) {
  return parse(...chunks).map((event) => event.data);
}

test("Lines end at LF, CR and CRLF", () => {
  for (const end of ["\n", "\r", "\r\n"]) {
    assert.deepEqual(parse(`event: delta${end}data: a${end}data: b${end}${end}data: c${end}${end}`), [
      { type: "delta", data: "a\nb" },
      { type: "message", data: "c" },
    ]);
  }
});

test("Lines end at nothing else", () => {
  assert.deepEqual(data("data: a\u2028b\u2029c\u0085d\u000be\u000cf\n\n"), ["a\u2028b\u2029c\u0085d\u000be\u000cf"]);
});

test("The result does not depend on where the bytes are cut", () => {
  const bytes = encoder.encode("\ufeffevent: delta\r\ndata: é東🎈\r\ndata:  two\r\n\r\n: comment\r\n\r\rdata: x\n\r\n\r\ndata\n\n");
  const expected = [
    { type: "delta", data: "é東🎈\n two" },
    { type: "message", data: "x" },
    { type: "message", data: "" },
  ];
  assert.deepEqual(parse(bytes), expected);
  assert.deepEqual(parse(...Array.from(bytes, (byte) => Uint8Array.of(byte))), expected);
  for (let i = 0; i <= bytes.length; i++) {
    for (let j = i; j <= bytes.length; j++) {
      assert.deepEqual(parse(bytes.subarray(0, i), bytes.subarray(i, j), bytes.subarray(j)), expected, `cut at ${i} and ${j}`);
    }
  }
});

test("An event is there as soon as its blank line is, even if the line end may go on", () => {
  assert.deepEqual(data("data: a\r\n\r"), ["a"]);
  assert.deepEqual(data("data: a\r\n\r", "\ndata: b\r\n\r", "\n"), ["a", "b"]);
});

test("Comments, ids, retries and unknown fields are passed over", () => {
  assert.deepEqual(parse(": ping\nid: 1\nretry: 5\nfoo: bar\nevent: x\ndata: a\n\n: ping\n\nid: 2\n\n"), [{ type: "x", data: "a" }]);
});

test("One space after the colon belongs to the field, a second one to the value", () => {
  assert.deepEqual(data("data:a\ndata: b\ndata:  c\ndata:d: e\n\n"), ["a\nb\n c\nd: e"]);
});

test("A type without data is dropped with its block", () => {
  assert.deepEqual(parse("event: a\n\ndata: b\n\n"), [{ type: "message", data: "b" }]);
});

test("Half an event at the end of the stream is dropped", async () => {
  const events = [];
  for await (const event of readEvents(streamOf("data: a\n\ndata: b\n"))) {
    events.push(event.data);
  }
  assert.deepEqual(events, ["a"]);
});

test("Who stops reading stops the stream", async () => {
  let cancelled = false;
  const body = new ReadableStream({
    pull: (controller) => controller.enqueue(encoder.encode("data: a\n\n")),
    cancel: () => { cancelled = true; },
  });
  for await (const event of readEvents(body)) {
    assert.equal(event.data, "a");
    break;
  }
  assert.ok(cancelled);
});

function streamOf(text) {
  return new Blob([text]).stream();
}
