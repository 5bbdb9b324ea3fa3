// Runs one client against several endpoints at once, and reports for each what the client's one callback got.
import { address, report } from "./report.mjs";

const patience = 30_000;
const [client, ...endpoints] = process.argv.slice(3);
const { read } = await import(`./matrix/${client}.mjs`);

/** Where a client reads, and what it got there. Each message is JSON, whatever its type, and the client is closed at the last one. */
class Endpoint {
  outcome = { messages: [], error: null };

  constructor(name) {
    [this.method, this.kind] = name.split(" ");
    this.url = `${address}${client}/${this.kind}`;
  }

  /** The request of a client that lets its caller choose one. */
  get request() {
    return this.method === "GET" ? { method: "GET" } : { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" };
  }

  /** Takes a message of a client that knows no protocol. Returns whether it was the last. */
  take(type, data) {
    const message = JSON.parse(data);
    if (type?.startsWith("ssekit.")) {
      return false;
    }

    this.add(`${type || "message"} ${message.number} ${message.text}`);
    return message.last;
  }

  /** Takes a piece of an answer. */
  add(message) {
    this.outcome.messages.push(message);
  }
}

async function outcomeOf(name) {
  const endpoint = new Endpoint(name);
  try {
    await Promise.race([read(endpoint), new Promise((_, reject) => setTimeout(reject, patience, new Error("The client reads on.")))]);
  } catch (error) {
    endpoint.outcome.error = String(error);
  }

  return [name, endpoint.outcome];
}

await report(async result => {
  result.outcomes = Object.fromEntries(await Promise.all(endpoints.map(outcomeOf)));
});
