import assert from "node:assert/strict";
import { test } from "node:test";
import { Tally } from "../../../samples/ChatStreaming/wwwroot/tally.js";

function count(kept, ...numbers) {
  const tally = new Tally();
  tally.startAfter(kept);
  numbers.forEach((number) => tally.take(number));
  return tally;
}

test("A complete answer misses nothing", () => {
  assert.equal(String(count(0, 1, 2, 3)), "✓ Events 1–3: none missing, none twice");
});

test("Events continue those that the server keeps", () => {
  assert.equal(String(count(2, 3, 4)), "✓ Events 1–4: none missing, none twice");
});

test("Missing events are counted, also after the kept ones and before the end", () => {
  const tally = count(2, 5, 7);
  tally.end(9);
  assert.equal(String(tally), "Events 1–9: 5 missing, none twice");
});

test("Events that are received again are counted", () => {
  assert.equal(String(count(2, 2, 3, 3)), "Events 1–3: none missing, 2 twice");
});

test("An answer that was drawn from the server's state claims nothing about events", () => {
  assert.equal(String(count(7)), "7 events, as the server keeps them");
  assert.equal(String(count(0)), "");
});
