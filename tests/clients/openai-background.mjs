// The first connection goes through a proxy that cuts it. Then the same response is continued after its last event, and read from its
// beginning, as by a second tab.
import OpenAI from "openai";
import { address, prompt, report } from "./report.mjs";

const direct = process.argv[4];
const clientOf = url => new OpenAI({ baseURL: `${url}v1`, apiKey: "none", maxRetries: 0 });

await report(async result => {
  let id;
  let last = -1;
  const read = async (events, add) => {
    for await (const event of events) {
      id ??= event.response?.id;
      last = event.sequence_number;
      if (event.type === "response.output_text.delta") {
        add(event.delta);
      }

      result.finishReason = event.type;
    }
  };

  try {
    const stream = await clientOf(address).responses.create({ model: "demo", input: prompt, background: true, stream: true });
    await read(stream, delta => (result.text += delta));
  } catch (error) {
    result.cutError = error.message;
  }

  result.cutText = result.text;
  result.tabText = "";
  const client = clientOf(direct);
  const starting_after = last;
  const [rest, tab] = await Promise.all([
    client.responses.retrieve(id, { stream: true, starting_after }),
    client.responses.retrieve(id, { stream: true }),
  ]);
  await Promise.all([read(rest, delta => (result.text += delta)), read(tab, delta => (result.tabText += delta))]);
});
