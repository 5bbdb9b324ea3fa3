import { AbstractChat, DefaultChatTransport } from "ai";

/** What a chat of the AI SDK keeps where there is no React to keep it. */
class ChatState {
  status = "ready";
  error = undefined;
  messages = [];
  pushMessage = message => void this.messages.push(message);
  popMessage = () => void this.messages.pop();
  replaceMessage = (index, message) => void (this.messages[index] = message);
  snapshot = value => structuredClone(value);
}

export class Chat extends AbstractChat {
  constructor(address, id) {
    super({ id, state: new ChatState(), transport: new DefaultChatTransport({ api: `${address}api/chat` }) });
  }

  /** All that the assistant has said, every part of every message. */
  get assistantText() {
    return this.messages
      .filter(message => message.role === "assistant")
      .flatMap(message => message.parts)
      .map(part => part.text ?? "")
      .join("");
  }
}
