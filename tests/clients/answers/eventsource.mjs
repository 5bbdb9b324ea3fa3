import { EventSource } from "eventsource";
import { post } from "./answer.mjs";

// Any run whose events have ids can be read by an EventSource. It reconnects until the server returns 204.
export async function ask(url, prompt, answer) {
  const response = await post(`${url}threads/thread/runs/stream`, { input: { messages: [{ role: "user", content: prompt }] } });
  await response.body.cancel();
  answer.run = response.headers.get("Location");
  await join(url, answer.run, answer);
}

export function join(url, run, answer) {
  return new Promise(resolve => {
    const source = new EventSource(new URL(run, url));
    source.addEventListener("custom", event => answer.add(JSON.parse(event.data).delta));
    source.addEventListener("error", event => {
      // An event of the type "error" arrives here too.
      if (event.data) {
        answer.fail(JSON.parse(event.data).message);
      } else if (source.readyState === EventSource.CLOSED) {
        answer.isWhole = event.code === 204 && !answer.hasFailed;
        resolve();
      }
    });
  });
}

/** The client reconnects until the answer has ended. */
export async function resume() {
  throw new Error("The client has given up.");
}

export async function stop(url, run) {
  await post(new URL(run.replace(/stream$/, "cancel"), url));
}
