// Reads a stream whose silence is filled with comments, as an app would that takes every message for JSON. On an error the client posts again.
import { fetchEventSource } from "@microsoft/fetch-event-source";
import { address, prompt, report } from "./report.mjs";

globalThis.window = globalThis;
globalThis.document = { hidden: false, addEventListener() {}, removeEventListener() {} };

await report(async result => {
  result.requests = 0;
  await fetchEventSource(`${address}v1/chat/completions`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ model: "demo", stream: true, messages: [{ role: "user", content: prompt }] }),
    openWhenHidden: true,
    fetch: (...request) => {
      result.requests++;
      return fetch(...request);
    },
    onmessage(event) {
      if (event.data !== "[DONE]") {
        result.text += JSON.parse(event.data).choices[0]?.delta?.content ?? "";
      }
    },
    onerror(error) {
      if (result.requests === 3) {
        throw error;
      }

      return 1;
    },
  });
});
