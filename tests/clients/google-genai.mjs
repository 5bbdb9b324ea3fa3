import { GoogleGenAI } from "@google/genai";
import { address, prompt, report } from "./report.mjs";

await report(async result => {
  const client = new GoogleGenAI({ apiKey: "none", httpOptions: { baseUrl: address } });
  const stream = await client.models.generateContentStream({ model: "demo", contents: prompt });
  for await (const chunk of stream) {
    result.text += chunk.text ?? "";
    result.finishReason = chunk.candidates?.[0]?.finishReason ?? result.finishReason;
  }
});
