import { GoogleGenAI } from "@google/genai";

export const read = async endpoint => {
  const client = new GoogleGenAI({ apiKey: "none", httpOptions: { baseUrl: endpoint.url } });
  for await (const chunk of await client.models.generateContentStream({ model: "m", contents: "?" })) {
    if (chunk.text) {
      endpoint.add(chunk.text);
    }
  }
};
