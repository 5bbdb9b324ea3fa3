import OpenAI from "openai";

const clientOf = url => new OpenAI({ baseURL: `${url}v1`, apiKey: "none", maxRetries: 0 });

export async function ask(url, prompt, answer) {
  await read(await clientOf(url).responses.create({ model: "demo", input: prompt, background: true, stream: true }), answer);
}

/** The client does not reconnect by itself. */
export async function resume(url, answer) {
  await read(await clientOf(url).responses.retrieve(answer.run, { stream: true, starting_after: answer.last }), answer);
}

export async function join(url, run, answer) {
  await read(await clientOf(url).responses.retrieve(run, { stream: true }), answer);
}

export async function stop(url, run) {
  await clientOf(url).responses.cancel(run);
}

async function read(events, answer) {
  for await (const event of events) {
    answer.run ??= event.response?.id;
    answer.last = event.sequence_number;
    answer.isWhole = event.type === "response.completed";
    if (event.type === "response.output_text.delta") {
      answer.add(event.delta);
    }
  }
}
