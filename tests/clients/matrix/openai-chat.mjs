import OpenAI from "openai";

export const read = async endpoint => {
  const client = new OpenAI({ baseURL: endpoint.url, apiKey: "none" });
  const messages = [{ role: "user", content: "?" }];
  for await (const chunk of await client.chat.completions.create({ model: "m", stream: true, messages })) {
    endpoint.add(chunk.choices[0].delta.content);
  }
};
