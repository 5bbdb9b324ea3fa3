// The first connection goes through a proxy that cuts it. Then two new clients, as after a reload and in a second tab, send the same run
// id.
import { randomUUID } from "node:crypto";
import { HttpAgent } from "@ag-ui/client";
import { address, prompt, report } from "./report.mjs";

const direct = process.argv[4];

// The client logs a failed run before it throws it, and leaves a promise of a broken connection without an observer.
console.error = () => {};
process.on("unhandledRejection", () => {});

await report(async result => {
  const runId = randomUUID();
  const run = async url => {
    const initialMessages = [{ id: "1", role: "user", content: prompt }];
    const agent = new HttpAgent({ url: `${url}agui`, threadId: "thread", initialMessages });
    try {
      await agent.runAgent({ runId }, { onRunFinishedEvent: () => void (result.finishReason = "finished") });
      return { text: textOf(agent) };
    } catch (error) {
      return { text: textOf(agent), error };
    }
  };

  const cut = await run(address);
  result.cutText = cut.text;
  result.cutError = cut.error?.message ?? null;
  const [reloaded, tab] = await Promise.all([run(direct), run(direct)]);
  result.text = reloaded.text;
  result.tabText = tab.text;
  if (reloaded.error ?? tab.error) {
    throw reloaded.error ?? tab.error;
  }
});

function textOf(agent) {
  return agent.messages.filter(message => message.role === "assistant").map(message => message.content).join("");
}
