import { randomUUID } from "node:crypto";
import { WorkflowChatTransport } from "@workflow/ai";
import { Chat } from "../ai-chat.mjs";
import { post } from "./answer.mjs";

// The transport logs a connection that broke before it continues.
console.error = () => {};

export async function ask(url, prompt, answer) {
  answer.chat = new Chat(randomUUID(), transportOf(url, answer), text => answer.show(text));
  await answer.chat.sendMessage({ text: prompt });
  end(answer);
}

/** The client reconnects by itself, but not to a server that refuses the connection. */
export async function resume(url, answer) {
  answer.chat.transport = transportOf(url, answer);
  await answer.chat.resumeStream();
  end(answer);
}

export async function join(url, run, answer) {
  answer.run = run;
  answer.chat = new Chat(run, transportOf(url, answer), text => answer.show(text));
  await resume(url, answer);
}

/** Reads the last parts alone. A chat would refuse parts of a text whose start it does not have. */
export async function readLast(url, run) {
  const transport = new WorkflowChatTransport({ api: `${url}api/workflow` });
  let text = "";
  for await (const part of await transport.reconnectToStream({ chatId: run, startIndex: -2 })) {
    text += part.delta ?? "";
  }

  return text;
}

export async function stop(url, run) {
  await post(`${url}api/workflow/${run}/stop`);
}

function transportOf(url, answer) {
  const transport = new WorkflowChatTransport({
    api: `${url}api/workflow`,
    prepareReconnectToStreamRequest: () => ({ api: `${url}api/workflow/${answer.run}/stream` }),
    onChatSendMessage: response => void (answer.run = response.headers.get("x-workflow-run-id")),
  });

  // A chat that resumes gets the answer from its beginning. It would add that to its text, because the transport does not say so.
  transport.resumeStreamIsReplay = true;
  return transport;
}

function end(answer) {
  if (answer.chat.error) {
    throw answer.chat.error;
  }

  answer.isWhole = answer.chat.status === "ready";
}
