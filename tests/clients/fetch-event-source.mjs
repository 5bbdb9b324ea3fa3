import { fetchEventSource } from "@microsoft/fetch-event-source";
import { address, prompt, report } from "./report.mjs";

// It is made for browsers and looks for two things there.
globalThis.window = globalThis;
globalThis.document = { hidden: false, addEventListener() {}, removeEventListener() {} };

await report(async result => {
  await fetchEventSource(`${address}v1/messages`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ model: "demo", stream: true, messages: [{ role: "user", content: prompt }] }),
    openWhenHidden: true,
    onmessage(event) {
      const data = JSON.parse(event.data);
      if (event.event === "error") {
        throw new Error(data.error.message);
      }

      result.text += data.delta?.text ?? "";
      result.finishReason = data.delta?.stop_reason ?? result.finishReason;
    },
    onerror(error) {
      // It would try again, and ask the model a second time.
      throw error;
    },
  });
});
