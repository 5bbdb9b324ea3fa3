import OpenAI from "openai";

export const read = async endpoint => {
  const client = new OpenAI({ baseURL: endpoint.url, apiKey: "none" });
  for await (const event of await client.responses.create({ model: "m", stream: true, input: "?" })) {
    endpoint.add(event.delta);
  }
};
