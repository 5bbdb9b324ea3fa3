import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { element } from "./fakeDom.mjs";
import { ConnectionLine } from "../../../samples/ChatStreaming/wwwroot/connection.js";

let line, text, tries, connection;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  [line, text, tries] = [element("div"), element("span"), element("p")];
  line.dataset.state = "idle";
  line.classList = { toggle() {} };
  connection = new ConnectionLine(line, text, tries);
});

test("A live connection shows its last event and can be tried", () => {
  connection.show("connecting");
  assert.equal(tries.hidden, true);
  connection.show("live");
  connection.received(7, 0);

  assert.equal(text.textContent, "live · event 7");
  assert.equal(tries.hidden, false);
});

test("After a reload the next event shows what was kept and lost, for some seconds", () => {
  connection.reloaded(64, 0);
  connection.show("live");
  assert.equal(text.textContent, "live");
  connection.received(65, 0);
  assert.equal(text.textContent, "continued after reload: 64 events kept, none lost");
  connection.received(66, 0);
  assert.equal(text.textContent, "continued after reload: 64 events kept, none lost");

  mock.timers.tick(8_000);
  assert.equal(text.textContent, "live · event 66");
});

test("Events that the server has lost and events that were not received are added", () => {
  connection.reloaded(64, 2);
  connection.show("live");
  connection.received(70, 5);
  assert.equal(text.textContent, "continued after reload: 64 events kept, 7 lost");
});

test("A lost connection is reported before the report of an earlier one", () => {
  connection.show("live");
  connection.received(1, 0);
  connection.show("reconnecting");
  connection.show("live");
  connection.received(2, 0);
  assert.equal(text.textContent, "continued after reconnect: 1 event kept, none lost");

  connection.show("reconnecting");
  assert.equal(text.textContent, "connection lost, reconnecting…");
  connection.show("live");
  mock.timers.tick(8_000);
  assert.equal(text.textContent, "live · event 2 · resumed 2×");
});

test("The report of an answer ends when the next one begins", () => {
  connection.reloaded(64, 0);
  connection.show("live");
  connection.received(65, 0);
  connection.show("idle");
  assert.match(text.textContent, /^continued/);
  connection.show("connecting");
  assert.equal(text.textContent, "connecting…");
});

test("The next answer begins without the report of this one", () => {
  connection.show("live");
  connection.received(5, 0);
  connection.show("reconnecting");
  connection.show("idle");
  assert.equal(text.textContent, "ready");
  connection.show("live");
  connection.received(1, 0);
  assert.equal(text.textContent, "live · event 1");
});
