import { randomUUID } from "node:crypto";
import { Chat, transportOf } from "../ai-chat.mjs";
import { post } from "./answer.mjs";

export async function ask(url, prompt, answer) {
  answer.run = randomUUID();
  answer.chat = new Chat(answer.run, transportOf(url), text => answer.show(text));
  await answer.chat.sendMessage({ text: prompt });
  end(answer);
}

/** The client does not reconnect by itself. */
export async function resume(url, answer) {
  answer.chat.transport = transportOf(url);
  await answer.chat.resumeStream();
  end(answer);
}

export async function join(url, run, answer) {
  answer.chat = new Chat(run, transportOf(url), text => answer.show(text));
  await resume(url, answer);
}

export async function stop(url, run) {
  await post(`${url}api/chat/${run}/stop`);
}

function end(answer) {
  if (answer.chat.error) {
    throw answer.chat.error;
  }

  answer.isWhole = answer.chat.status === "ready";
}
