import { randomUUID } from "node:crypto";
import { Chat } from "./ai-chat.mjs";
import { address, prompt, report } from "./report.mjs";

await report(async result => {
  const chat = new Chat(address, randomUUID());
  await chat.sendMessage({ text: prompt });
  result.text = chat.assistantText;
  result.finishReason = chat.status;
  if (chat.error) {
    throw chat.error;
  }
});
