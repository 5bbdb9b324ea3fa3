import assert from "node:assert/strict";
import { test } from "node:test";
import { historyOf } from "../../../samples/ChatStreaming/wwwroot/conversation.js";

const exchange = (question, answer, complete = true) => ({ question, answer, complete });

test("Questions and answers alternate, oldest first", () => {
  assert.deepEqual(historyOf([exchange("a", "b"), exchange("c", "d")]), [
    { role: "user", text: "a" },
    { role: "assistant", text: "b" },
    { role: "user", text: "c" },
    { role: "assistant", text: "d" },
  ]);
});

test("What failed or stayed empty is left out with its question", () => {
  assert.deepEqual(historyOf([exchange("a", "half", false), exchange("b", "")]), []);
});

test("Of a long conversation the latest turns are kept, beginning with a question", () => {
  const history = historyOf(Array.from({ length: 30 }, (_, i) => exchange(`q${i}`, `a${i}`)));
  assert.equal(history.length, 20);
  assert.deepEqual(history[0], { role: "user", text: "q20" });
});

test("A long turn is cut where the server's limit is, and never inside a letter", () => {
  const [, { text }] = historyOf([exchange("a", "x".repeat(15_999) + "🎈")]);
  assert.equal(text.length, 16_000);
  assert.ok(text.isWellFormed());
});
