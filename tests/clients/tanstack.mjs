// The client's first connection is cut, and it continues by itself. Meanwhile a second tab joins the run from its beginning.
import { ChatClient, fetchServerSentEvents } from "@tanstack/ai-client";
import { address, prompt, report } from "./report.mjs";

const direct = process.argv[4] ?? address;

await report(async result => {
  let tab;
  let joined = false;
  const client = new ChatClient({
    connection: fetchServerSentEvents(`${address}api/tanstack`),
    onChunk: chunk => {
      if (chunk.type === "RUN_STARTED" && !joined) {
        joined = true;
        tab = join(chunk.runId);
      }
    },
    onError: error => void (result.clientError = error.message),
  });
  await client.sendMessage(prompt);
  result.text = textOf(client.getMessages());
  result.finishReason = client.getStatus?.() ?? null;
  result.tabText = await tab;
  if (result.clientError) {
    throw new Error(result.clientError);
  }
});

async function join(runId) {
  let text = "";
  for await (const chunk of fetchServerSentEvents(`${direct}api/tanstack`).joinRun(runId)) {
    text += chunk.delta ?? "";
  }

  return text;
}

function textOf(messages) {
  return messages
    .filter(message => message.role === "assistant")
    .flatMap(message => message.parts)
    .map(part => (part.type === "text" ? part.content : ""))
    .join("");
}
