import { ChatClient, fetchServerSentEvents } from "@tanstack/ai-client";
import { post } from "./answer.mjs";

// By default the client gives up after a second without a server, which is less than some restarts take.
const connectionOf = url => fetchServerSentEvents(`${url}api/tanstack`, { reconnect: { maxAttempts: 600, delayMs: 50 } });

export async function ask(url, prompt, answer) {
  const client = new ChatClient({
    connection: connectionOf(url),
    onChunk: chunk => {
      answer.run ??= chunk.runId;
      answer.isWhole ||= chunk.type === "RUN_FINISHED";
      answer.hasFailed ||= chunk.type === "RUN_ERROR";
    },
    onMessagesChange: messages => answer.show(textOf(messages)),
    onError: error => void answer.failures.push(error.message),
  });
  await client.sendMessage(prompt);
}

export async function join(url, run, answer) {
  for await (const chunk of connectionOf(url).joinRun(run)) {
    answer.add(chunk.delta ?? "");
    answer.isWhole ||= chunk.type === "RUN_FINISHED";
    if (chunk.type === "RUN_ERROR") {
      answer.fail(chunk.message);
    }
  }
}

/** The client reconnects until the answer has ended. */
export async function resume() {
  throw new Error("The client has given up.");
}

export async function stop(url, run) {
  await post(`${url}api/tanstack/${run}/stop`);
}

function textOf(messages) {
  return messages
    .filter(message => message.role === "assistant")
    .flatMap(message => message.parts)
    .map(part => (part.type === "text" ? part.content : ""))
    .join("");
}
