import OpenAI from "openai";
import { address, prompt, report } from "./report.mjs";

await report(async result => {
  const client = new OpenAI({ baseURL: `${address}v1`, apiKey: "none" });
  const stream = await client.chat.completions.create({
    model: "demo",
    stream: true,
    messages: [{ role: "user", content: prompt }],
  });
  for await (const chunk of stream) {
    result.text += chunk.choices[0]?.delta?.content ?? "";
    result.finishReason = chunk.choices[0]?.finish_reason ?? result.finishReason;
  }
});
