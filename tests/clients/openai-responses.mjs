import OpenAI from "openai";
import { address, prompt, report } from "./report.mjs";

await report(async result => {
  const client = new OpenAI({ baseURL: `${address}v1`, apiKey: "none" });
  const stream = client.responses.stream({ model: "demo", input: prompt });
  stream.on("response.output_text.delta", event => (result.text += event.delta));
  const response = await stream.finalResponse();
  result.finalText = response.output_text;
  result.finishReason = response.status;
});
