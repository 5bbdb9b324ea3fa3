import { DefaultChatTransport } from "ai";

// As a chat does that resumes: a chat is the last part of the address.
export async function follow(url) {
  const [, api, chatId] = url.match(/^(.*)\/(.*)$/);
  try {
    for await (const _ of (await new DefaultChatTransport({ api }).reconnectToStream({ chatId })) ?? []);
  } catch {
    // A chat shows the error, and does not return.
  }
}
