import { Client } from "@langchain/langgraph-sdk";

const clientOf = url => new Client({ apiUrl: url, apiKey: null });

export async function ask(url, prompt, answer) {
  const stream = clientOf(url).runs.stream("thread", "assistant", {
    input: { messages: [{ role: "user", content: prompt }] },
    streamMode: "custom",
    streamResumable: true,
    onRunCreated: ({ run_id }) => void (answer.run = run_id),
  });
  await read(stream, answer);
}

/** The client reconnects by itself, but not to a server that refuses the connection. */
export async function resume(url, answer) {
  await read(clientOf(url).runs.joinStream("thread", answer.run, { lastEventId: answer.last }), answer);
}

export async function join(url, run, answer) {
  await read(clientOf(url).runs.joinStream("thread", run), answer);
}

export async function stop(url, run) {
  await clientOf(url).runs.cancel("thread", run);
}

async function read(stream, answer) {
  for await (const { id, event, data } of stream) {
    answer.last = id;
    answer.add(data.delta ?? "");
    if (event === "error") {
      answer.fail(data.message);
    }
  }

  answer.isWhole = !answer.hasFailed;
}
