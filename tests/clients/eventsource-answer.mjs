// Asks, and follows the answer by an EventSource of its own until that is told by a 204 not to come back.
import { randomUUID } from "node:crypto";
import { EventSource } from "eventsource";
import { address, prompt, report } from "./report.mjs";

const chat = randomUUID();
await fetch(`${address}api/chat`, {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify({ id: chat, messages: [{ role: "user", content: prompt }] }),
});

await report(result => new Promise(resolve => {
  result.ends = 0;
  result.errors = [];
  const source = new EventSource(`${address}api/chat/${chat}/stream`);
  source.addEventListener("message", event => {
    if (event.data === "[DONE]") {
      result.ends++;
      return;
    }

    const part = JSON.parse(event.data);
    result.text += part.delta ?? "";
    if (part.type === "error") {
      result.errors.push(part.errorText);
    }
  });
  source.addEventListener("error", event => {
    if (source.readyState === EventSource.CLOSED) {
      result.closedBy = event.code;
      resolve();
    }
  });
}));
