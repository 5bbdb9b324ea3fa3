import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Follower } from "../../../samples/ChatStreaming/wwwroot/follow.js";

class FakeEventSource {
  static CLOSED = 2;
  static opened = [];
  listeners = {};
  readyState = 0;

  constructor(url) {
    this.url = url;
    FakeEventSource.opened.push(this);
  }

  addEventListener(type, listener) {
    this.listeners[type] = listener;
  }

  close() {
    this.readyState = FakeEventSource.CLOSED;
  }

  /** As after an error status: the browser will not try again. */
  giveUp() {
    this.close();
    this.onerror();
  }
}

globalThis.EventSource = FakeEventSource;
const { opened } = FakeEventSource;
let states, events, lost, follower;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  opened.length = 0;
  states = [];
  events = [];
  lost = mock.fn(async () => {});
  follower = new Follower({ event: (...event) => events.push(event), state: (name) => states.push(name), lost: () => lost() });
});

test("It begins at the beginning, or after the event that the page has", () => {
  follower.open("stream/1", null);
  follower.open("stream/1", "a b");

  assert.deepEqual(opened.map(({ url }) => url), ["stream/1", "stream/1?lastEventId=a%20b"]);
  assert.equal(opened[0].readyState, FakeEventSource.CLOSED);
});

test("Events come with their ids", () => {
  follower.open("stream/1", null);
  opened[0].listeners.delta({ data: "{}", lastEventId: "7" });
  assert.deepEqual(events, [["delta", "{}", "7"]]);
});

test("What the browser repairs by itself is left to it", () => {
  follower.open("stream/1", null);
  opened[0].onopen();
  opened[0].onerror();
  mock.timers.tick(60_000);

  assert.deepEqual(states, ["connecting", "live", "reconnecting"]);
  assert.equal(lost.mock.callCount(), 0);
});

test("When the browser gives up, it looks again, later with each failure, until the server is there", async () => {
  lost = mock.fn(async () => { throw new Error("502"); });
  follower.open("stream/1", null);
  opened[0].giveUp();

  for (let looks = 1; looks <= 8; looks++) {
    mock.timers.tick(10_000);
    await settle();
    assert.equal(lost.mock.callCount(), looks);
  }
  mock.timers.tick(5_999);
  await settle();
  assert.equal(lost.mock.callCount(), 8, "by now it waits about eight seconds");

  lost = mock.fn(async () => follower.open("stream/1", "9"));
  mock.timers.tick(10_000);
  await settle();
  assert.equal(opened.at(-1).url, "stream/1?lastEventId=9");
});

test("Where events are missing it looks again too", () => {
  follower.open("stream/1", null);
  opened[0].listeners["ssekit.gap"]({});
  mock.timers.tick(1_000);
  assert.equal(lost.mock.callCount(), 1);
});

test("When it is closed, nothing comes back", () => {
  follower.open("stream/1", null);
  opened[0].giveUp();
  follower.close();
  mock.timers.tick(60_000);

  assert.equal(lost.mock.callCount(), 0);
  assert.equal(states.at(-1), "idle");
});

const settle = async () => {
  for (let i = 0; i < 5; i++) {
    await Promise.resolve();
  }
};
