// Follows the answer that is being written. An EventSource reconnects by itself and sends the id of its last event. An error status, such as
// a proxy's 502 while the app restarts, ends it for good; then the state of the answer is read, and another EventSource is created.

const firstPause = 250;
const longestPause = 8_000;
const types = ["start", "delta", "done", "stopped", "failed"];

export class Follower {
  #on;
  #source = null;
  #timer = 0;
  #failures = 0;

  /**
   * on.event(type, data, id): an event of the answer.
   * on.state(name): idle, connecting, live or reconnecting.
   * on.lost(): the connection has ended for good, or misses events. Reads the state of the answer, and opens or closes this follower; throws
   * if the server cannot be reached.
   */
  constructor(on) {
    this.#on = on;
  }

  get isOpen() {
    return this.#source !== null || this.#timer !== 0;
  }

  /** Follows from after an event, or from the beginning. What was followed before is closed. */
  open(path, lastEventId) {
    this.#release();
    const source = new EventSource(lastEventId ? `${path}?lastEventId=${encodeURIComponent(lastEventId)}` : path);
    this.#source = source;
    this.#on.state("connecting");
    source.onopen = () => {
      this.#failures = 0;
      this.#on.state("live");
    };
    source.onerror = () => {
      this.#on.state("reconnecting");
      if (source.readyState === EventSource.CLOSED) {
        this.#source = null;
        this.#lookAgain();
      }
    };
    for (const type of types) {
      source.addEventListener(type, ({ data, lastEventId: id }) => this.#on.event(type, data, id));
    }
    source.addEventListener("ssekit.gap", () => {
      this.#release();
      this.#lookAgain();
    });
  }

  /** Nothing is being written any more. */
  close() {
    this.#release();
    this.#failures = 0;
    this.#on.state("idle");
  }

  #release() {
    this.#source?.close();
    this.#source = null;
    clearTimeout(this.#timer);
    this.#timer = 0;
  }

  #lookAgain() {
    // Each failure doubles the pause, and chance keeps the tabs of many browsers from coming back together.
    const pause = Math.min(firstPause * 2 ** this.#failures++, longestPause) * (0.75 + Math.random() / 2);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(async () => {
      try {
        await this.#on.lost();
      } catch {
        this.#lookAgain();
      }
    }, pause);
  }
}
