import { HttpAgent } from "@ag-ui/client";
import { address, prompt, report } from "./report.mjs";

// The client logs a failed run before it throws it.
console.error = () => {};

await report(async result => {
  const agent = new HttpAgent({
    url: `${address}agui`,
    threadId: "thread",
    initialMessages: [{ id: "1", role: "user", content: prompt }],
  });
  result.runErrors = [];
  await agent.runAgent({}, {
    onTextMessageContentEvent: ({ event }) => void (result.text += event.delta),
    onRunErrorEvent: ({ event }) => void result.runErrors.push(event.message),
    onRunFinishedEvent: () => void (result.finishReason = "finished"),
  });
  result.finalText = agent.messages.at(-1).content;
});
