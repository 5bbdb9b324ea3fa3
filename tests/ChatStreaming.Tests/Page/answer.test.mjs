import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { element } from "./fakeDom.mjs";
import { AnswerView } from "../../../samples/ChatStreaming/wwwroot/answer.js";

let frames = [];
let log, view;

globalThis.requestAnimationFrame = (paint) => frames.push(paint);
globalThis.cancelAnimationFrame = (id) => { frames[id - 1] = () => {}; };

beforeEach(() => {
  frames = [];
  log = element("ol");
  view = new AnswerView(log, { scrollTop: 0, scrollHeight: 0, clientHeight: 0 }, "demo model");
});

const body = () => log.children[0].children[1];

test("Pieces that come between two frames are painted once", () => {
  for (let i = 0; i < 100; i++) {
    view.append("a");
  }
  assert.equal(body().inner, "");
  assert.equal(frames.length, 1);

  frames[0]();
  assert.equal(body().inner, `<p>${"a".repeat(100)}</p>`);

  view.append("b");
  assert.equal(frames.length, 2);
});

test("The end paints what no frame has painted, also where frames have ceased in a hidden tab", () => {
  view.append("**a");
  view.end("done", "1 event");

  assert.equal(body().inner, "<p>**a</p>");
  assert.equal(log.children[0].dataset.state, "done");
});

test("A failure keeps what had arrived", () => {
  view.append("Half");
  view.fail("failed", "The model failed.", "Retry", () => {});

  assert.equal(body().inner, "<p>Half</p>");
  assert.equal(log.children[0].dataset.state, "failed");
  assert.equal(log.children[0].children[2].role, "alert");
});

test("What the server has kept replaces what was drawn, and the way on goes when the answer does", () => {
  view.append("Hal");
  view.fail("interrupted", "The server was restarted.", "Retry", () => {});
  view.write("Half an answer");
  frames.forEach((paint) => paint());

  assert.equal(body().inner, "<p>Half an answer</p>");
  assert.equal(log.children[0].children.length, 2);
});
