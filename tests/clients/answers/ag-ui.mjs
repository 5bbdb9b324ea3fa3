import { randomUUID } from "node:crypto";
import { HttpAgent } from "@ag-ui/client";
import { post } from "./answer.mjs";

// The client logs a failed run before it throws it, and leaves a promise of a broken connection without an observer.
console.error = () => {};
process.on("unhandledRejection", () => {});

export function ask(url, prompt, answer) {
  answer.run = randomUUID();
  return runAgent(url, answer.run, prompt, answer);
}

/** The client does not reconnect. A new one sends the id of the run again. */
export function resume(url, answer) {
  return join(url, answer.run, answer);
}

export function join(url, run, answer) {
  return runAgent(url, run, "again", answer);
}

export async function stop(url, run) {
  await post(`${url}agui/${run}/stop`);
}

async function runAgent(url, runId, content, answer) {
  const agent = new HttpAgent({ url: `${url}agui`, threadId: "thread", initialMessages: [{ id: "1", role: "user", content }] });
  await agent.runAgent({ runId }, {
    onMessagesChanged: ({ messages }) => answer.show(textOf(messages)),
    onRunErrorEvent: ({ event }) => answer.fail(event.message),
    onRunFinishedEvent: () => void (answer.isWhole = true),
  });
  answer.show(textOf(agent.messages));
}

function textOf(messages) {
  return messages.filter(message => message.role === "assistant").map(message => message.content).join("");
}
