import { ApiError, ask, createChat, dropConnection, readChat, readModel, stop } from "./api.js";
import { Follower } from "./follow.js";
import { Transcript } from "./transcript.js";

const maxLength = 4_000; // The server refuses more with a 400.
const tab = crypto.randomUUID(); // Names this tab's connection, so that its button can drop it.

const $ = (id) => document.getElementById(id);
const [scroller, welcome, log, status] = [$("scroller"), $("welcome"), $("log"), $("status")];
const [composer, box, sendButton, stopButton] = [$("composer"), $("prompt"), $("send"), $("stop")];

const transcript = new Transcript(log, scroller, { retry: (id, question) => send(question, id), edit });
const follower = new Follower({ event: take, state: showConnection, lost: look });
const otherTabs = new BroadcastChannel("ssekit-chat");

let chat = null; // The chat's id, also in the address, so that F5 and a copied address find it again.
let isRunning = false; // An answer is being written.
let asking = Promise.resolve(); // The question on its way.
let looks = 0;
let resumed = 0;

// --- What the server says ---

/** Draws the chat as it is on the server, and follows the answer that is being written from exactly there. */
async function look() {
  const turn = ++looks;
  const snapshot = chat && await readChat(chat);
  if (turn !== looks) {
    return; // Another look began meanwhile, or another chat.
  }
  if (chat && !snapshot) {
    leave("This chat is not here. It belongs to another browser, or it was deleted.");
    return;
  }
  transcript.draw(snapshot?.messages ?? []);
  welcome.hidden = !transcript.isEmpty;
  setRunning(snapshot?.state === "running");
  if (isRunning) {
    follow(snapshot.cursor);
  } else {
    follower.close();
  }
}

/** Looks when no question is on its way: now if the server is there, and later if not. */
function lookUntilSeen() {
  asking.then(look).catch(() => {
    showConnection("reconnecting");
    setTimeout(lookUntilSeen, 1_000);
  });
}

function follow(lastEventId) {
  follower.open(`api/chats/${chat}/stream?tab=${tab}`, lastEventId);
}

function take(type, data, id) {
  $("last-id").textContent = id;
  if (type === "start") {
    showModel(JSON.parse(data).label);
  }
  if (transcript.take(type, data, id)) {
    follower.close();
    setRunning(false);
    say(type === "done" ? transcript.spoken : type === "stopped" ? "Stopped." : "");
  }
}

// --- What the person does ---

function send(text, retryOf) {
  const question = { clientId: crypto.randomUUID(), text: text.trim().toWellFormed(), retryOf };
  if (question.text === "" || isRunning) {
    return;
  }
  if (retryOf) {
    transcript.remove(retryOf);
  }
  welcome.hidden = true;
  transcript.add(question.clientId, question.text);
  scroller.scrollTop = scroller.scrollHeight;
  setRunning(true);
  say("Answering…");
  asking = deliver(question);
}

async function deliver(question) {
  looks++; // A look that is on its way does not know of this question.
  try {
    if (!chat) {
      enter(await createChat());
    }
    await ask(chat, question);
    follow(null);
    otherTabs.postMessage(chat);
  } catch (error) {
    setRunning(false);
    if (error instanceof ApiError && error.status === 409) {
      transcript.remove(question.clientId);
      edit(question.text);
      say(error.message);
      lookUntilSeen();
    } else if (error instanceof ApiError && error.isPassing) {
      transcript.fail(question.clientId, error.message, "Try again", () => {
        transcript.remove(question.clientId);
        transcript.add(question.clientId, question.text);
        setRunning(true);
        asking = deliver(question);
      });
    } else {
      transcript.fail(question.clientId, error instanceof ApiError ? error.message : "The page could not ask.", "Edit the question", () => {
        transcript.remove(question.clientId);
        edit(question.text);
      });
    }
  }
}

async function stopAnswer() {
  await asking;
  if (isRunning) {
    // The answer's last event comes to all tabs, this one too.
    await stop(chat).catch((error) => say(error.message));
  }
}

function edit(question) {
  box.value = question;
  box.dispatchEvent(new Event("input"));
  box.focus();
}

// --- Which chat this is ---

function enter(id) {
  chat = id;
  localStorage.setItem("chat", id);
  if (location.hash !== `#${id}`) {
    history.pushState(null, "", `#${id}`);
  }
}

function leave(notice = "") {
  looks++;
  chat = null;
  localStorage.removeItem("chat");
  history.pushState(null, "", location.pathname);
  follower.close();
  setRunning(false);
  transcript.clear();
  welcome.hidden = false;
  $("notice").textContent = notice;
  $("notice").hidden = notice === "";
}

function open(id) {
  if (id === chat) {
    return;
  }
  follower.close();
  transcript.clear();
  chat = id;
  lookUntilSeen();
}

// --- The page around it ---

function setRunning(running) {
  const stopHadFocus = document.activeElement === stopButton;
  isRunning = running;
  sendButton.hidden = running;
  stopButton.hidden = !running;
  if (running) {
    $("notice").hidden = true;
  }
  if (stopHadFocus && !running) {
    box.focus();
  }
}

const connectionTexts = {
  idle: "idle, no connection open",
  connecting: "connecting…",
  live: "live",
  reconnecting: "connection lost, coming back…",
};

function showConnection(state) {
  const connection = $("connection");
  if (state === "reconnecting" && connection.dataset.state !== state) {
    resumed++;
    say("The connection is lost. It comes back by itself.");
  } else if (state === "idle") {
    resumed = 0;
    $("last-id").textContent = "";
  }
  connection.dataset.state = state;
  $("connection-text").textContent = connectionTexts[state] + (state === "live" && resumed > 0 ? `, resumed ${resumed}×` : "");
  $("drop").hidden = state !== "live";
}

function showModel(label) {
  transcript.modelLabel = label;
  $("model").textContent = label;
}

function say(text) {
  status.textContent = text;
}

composer.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!isRunning) {
    const text = box.value;
    box.value = "";
    box.dispatchEvent(new Event("input"));
    send(text);
  }
});
box.addEventListener("keydown", (event) => {
  // While an input method composes, Enter picks a word.
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    composer.requestSubmit();
  }
});
box.addEventListener("input", () => {
  const { length } = box.value;
  $("count").textContent = length > maxLength * 0.8 ? `${length} of ${maxLength} characters` : "";
  $("count").classList.toggle("over", length > maxLength);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && isRunning && !$("help").open) {
    stopAnswer();
  }
});
stopButton.addEventListener("click", stopAnswer);
$("drop").addEventListener("click", () => dropConnection(tab).catch(() => {}));
$("new-chat").addEventListener("click", () => {
  leave();
  say("New chat.");
  box.focus();
});
$("open-help").addEventListener("click", () => $("help").showModal());
$("close-help").addEventListener("click", () => $("help").close());
for (const suggestion of document.querySelectorAll(".suggestions button, #help button[data-send]")) {
  suggestion.addEventListener("click", () => {
    $("help").close();
    box.focus();
    send(suggestion.dataset.send ?? suggestion.textContent);
  });
}

// A tab that was in the background may hold a connection that died without a word, or have missed what another tab asked.
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && lookUntilSeen());
addEventListener("online", lookUntilSeen);
addEventListener("hashchange", () => open(location.hash.slice(1) || null));
// Hidden tabs wait until they are looked at: HTTP/1.1 has six connections for all tabs together.
otherTabs.addEventListener("message", ({ data }) => data === chat && document.visibilityState === "visible" && lookUntilSeen());

readModel().then(showModel).catch(() => showModel("not reachable"));
const known = location.hash.slice(1) || localStorage.getItem("chat");
if (known) {
  welcome.hidden = true;
  enter(known);
  lookUntilSeen();
}
