// The first connection goes through a proxy that cuts it. Then the same chat resumes, as after a tunnel, and a new one, as after a reload of the page.
import { randomUUID } from "node:crypto";
import { Chat } from "./ai-chat.mjs";
import { address, prompt, report } from "./report.mjs";

const direct = process.argv[4];

await report(async result => {
  const id = randomUUID();
  const chat = new Chat(address, id);
  await chat.sendMessage({ text: prompt });
  result.cutText = chat.assistantText;
  result.cutError = chat.error?.message ?? null;

  const reloaded = new Chat(direct, id);
  chat.transport = new Chat(direct, id).transport;
  await Promise.all([chat.resumeStream(), reloaded.resumeStream()]);
  result.text = chat.assistantText;
  result.reloadedText = reloaded.assistantText;

  // Nothing is active any more: 204.
  const late = new Chat(direct, id);
  await late.resumeStream();
  result.lateText = late.assistantText;
  result.lateStatus = late.status;
  if (chat.error ?? reloaded.error ?? late.error) {
    throw chat.error ?? reloaded.error ?? late.error;
  }
});
