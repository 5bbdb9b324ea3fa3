// An EventSource that posts. It would come back after every end and ask the model again, so it is closed where the answer ends, however.
import { createEventSource } from "eventsource-client";
import { address, prompt, report } from "./report.mjs";

await report(result => new Promise((resolve, reject) => {
  const source = createEventSource({
    url: `${address}v1/messages`,
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ model: "demo", stream: true, messages: [{ role: "user", content: prompt }] }),
    onMessage({ event, data }) {
      const message = JSON.parse(data);
      result.text += message.delta?.text ?? "";
      result.finishReason = message.delta?.stop_reason ?? result.finishReason;
      if (event === "message_stop" || event === "error") {
        source.close();
        event === "error" ? reject(new Error(message.error.message)) : resolve();
      }
    },
    onScheduleReconnect() {
      source.close();
      reject(new Error("The connection was lost."));
    },
  });
}));
