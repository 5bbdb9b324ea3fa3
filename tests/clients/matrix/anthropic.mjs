import Anthropic from "@anthropic-ai/sdk";

export const read = async endpoint => {
  const client = new Anthropic({ baseURL: endpoint.url, apiKey: "none" });
  const messages = [{ role: "user", content: "?" }];
  for await (const event of await client.messages.create({ model: "m", max_tokens: 9, stream: true, messages })) {
    endpoint.add(event.delta.text);
  }
};
