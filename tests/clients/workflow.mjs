// The transport's first connection is cut, and it continues by itself. Meanwhile a second tab reads the run from its beginning, and a third
// one its last parts.
import { randomUUID } from "node:crypto";
import { WorkflowChatTransport } from "@workflow/ai";
import { Chat } from "./ai-chat.mjs";
import { address, prompt, report } from "./report.mjs";

const direct = process.argv[4] ?? address;

// The transport logs a connection that broke before it continues.
console.error = () => {};

await report(async result => {
  let others;
  const chat = new Chat(address, randomUUID());
  chat.transport = new WorkflowChatTransport({
    api: `${address}api/workflow`,
    onChatSendMessage: response => {
      const run = response.headers.get("x-workflow-run-id");
      // Settled, because a tab may fail before its result is awaited.
      others = Promise.allSettled([readFromBeginning(run), readLastParts(run)]);
    },
    onChatEnd: ({ chunkIndex }) => void (result.parts = chunkIndex),
  });
  await chat.sendMessage({ text: prompt });
  result.text = chat.assistantText;
  result.finishReason = chat.status;
  const [tab, last] = await others;
  [result.tabText, result.lastText] = [tab.value, last.value];
  for (const error of [chat.error, tab.reason, last.reason]) {
    if (error) {
      throw error;
    }
  }
});

async function readFromBeginning(run) {
  const tab = new Chat(direct, run);
  tab.transport = new WorkflowChatTransport({ api: `${direct}api/workflow` });
  await tab.resumeStream();
  if (tab.error) {
    throw tab.error;
  }

  return tab.assistantText;
}

// A chat would refuse parts of a text whose start it does not have.
async function readLastParts(run) {
  const transport = new WorkflowChatTransport({ api: `${direct}api/workflow` });
  let text = "";
  for await (const part of await transport.reconnectToStream({ chatId: run, startIndex: -2 })) {
    text += part.delta ?? "";
  }

  return text;
}
