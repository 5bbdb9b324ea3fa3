/** The server refused, or could not be reached; this says why. */
export class ApiError extends Error {
  constructor(message, status) {
    super(message);
    this.status = status; // 0 where nobody answered.
  }

  /** Whether the same request may succeed later. A proxy says 502 to 504 while the app restarts. */
  get isPassing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export async function createChat() {
  return (await json("api/chats", { method: "POST" })).chat;
}

/** The chat as it is now, or null where there is no such chat for this browser. */
export async function readChat(chat) {
  try {
    return await json(`api/chats/${chat}`, { cache: "no-store" });
  } catch (error) {
    if (error.status === 404) {
      return null;
    }
    throw error;
  }
}

/** Asks a question. It has a clientId, so asking again after a failure never asks twice. */
export async function ask(chat, question) {
  await send(`api/chats/${chat}/messages`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(question),
  });
}

export async function stop(chat) {
  await send(`api/chats/${chat}/stop`, { method: "POST" });
}

/** Disconnects this tab's stream on the server. */
export async function dropConnection(chat, tab) {
  await send(`api/chats/${chat}/drop/${tab}`, { method: "POST" });
}

export async function readModel() {
  return (await json("model")).label;
}

async function json(path, options) {
  return (await send(path, options)).json();
}

async function send(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new ApiError("The server could not be reached.", 0);
  }
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    throw new ApiError(problem.detail ?? problem.title ?? `The server answered with status ${response.status}.`, response.status);
  }
  return response;
}
