import { AbstractChat, DefaultChatTransport } from "ai";

/** What a chat of the AI SDK keeps where there is no React to keep it. */
class ChatState {
  status = "ready";
  error = undefined;
  messages = [];
  onChange = () => {};
  pushMessage = message => this.#change(() => this.messages.push(message));
  popMessage = () => this.#change(() => this.messages.pop());
  replaceMessage = (index, message) => this.#change(() => (this.messages[index] = message));
  snapshot = value => structuredClone(value);

  #change(change) {
    change();
    this.onChange();
  }
}

export const transportOf = address => new DefaultChatTransport({ api: `${address}api/chat` });

export class Chat extends AbstractChat {
  constructor(id, transport, onText = () => {}) {
    const state = new ChatState();
    super({ id, state, transport });
    state.onChange = () => onText(this.assistantText);
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
