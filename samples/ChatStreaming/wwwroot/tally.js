/** Counts the numbered events of an answer: how many are missing, and how many were received twice. */
export class Tally {
  last = 0;
  missing = 0;
  #twice = 0;
  #received = 0;

  /** The page has drawn the text of so many events, as the server keeps them. */
  startAfter(count) {
    this.last = count;
  }

  take(number) {
    this.#received++;
    if (number <= this.last) {
      this.#twice++;
    } else {
      this.missing += number - this.last - 1;
      this.last = number;
    }
  }

  /** The answer has ended after so many events. */
  end(count) {
    this.missing += Math.max(0, count - this.last);
    this.last = Math.max(count, this.last);
  }

  toString() {
    if (this.#received === 0) {
      return this.last === 0 ? "" : `${this.last} events, as the server keeps them`;
    }
    const mark = this.missing === 0 && this.#twice === 0 ? "✓ " : "";
    return `${mark}Events 1–${this.last}: ${this.missing || "none"} missing, ${this.#twice || "none"} twice`;
  }
}
