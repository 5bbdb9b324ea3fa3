import { DefaultChatTransport } from "ai";

export const read = async endpoint => {
  const transport = new DefaultChatTransport({ api: endpoint.url });
  const messages = [{ id: "1", role: "user", parts: [{ type: "text", text: "?" }] }];
  for await (const chunk of await transport.sendMessages({ chatId: "1", trigger: "submit-message", messages })) {
    if (chunk.type === "text-delta") {
      endpoint.add(chunk.delta);
    }
  }
};
