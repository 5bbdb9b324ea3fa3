import { HttpAgent } from "@ag-ui/client";

export const read = async endpoint => {
  const agent = new HttpAgent({ url: endpoint.url, threadId: "1", initialMessages: [{ id: "1", role: "user", content: "?" }] });
  await agent.runAgent({}, { onTextMessageContentEvent: ({ event }) => void endpoint.add(event.delta) });
};
