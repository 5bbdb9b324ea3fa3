import { randomUUID } from "node:crypto";
import { Chat, transportOf } from "./ai-chat.mjs";
import { address, prompt, report } from "./report.mjs";

await report(async result => {
  const chat = new Chat(randomUUID(), transportOf(address));
  await chat.sendMessage({ text: prompt });
  result.text = chat.assistantText;
  result.finishReason = chat.status;
  if (chat.error) {
    throw chat.error;
  }
});
