import Anthropic from "@anthropic-ai/sdk";
import { address, prompt, report } from "./report.mjs";

await report(async result => {
  const client = new Anthropic({ baseURL: address, apiKey: "none" });
  const stream = client.messages.stream({
    model: "demo",
    max_tokens: 1000,
    messages: [{ role: "user", content: prompt }],
  });
  stream.on("text", text => (result.text += text));
  const message = await stream.finalMessage();
  result.finalText = message.content[0].text;
  result.finishReason = message.stop_reason;
});
