import { ApiError, ask, createChat, dropConnection, readChat, readModel, stop } from "./api.js";
import { ConnectionLine } from "./connection.js";
import { Follower } from "./follow.js";
import { Transcript } from "./transcript.js";

const maxLength = 4_000; // The server refuses more with a 400.
const tab = crypto.randomUUID(); // Names this tab's connection, so that its button can drop it.

const $ = (id) => document.getElementById(id);
const [scroller, welcome, log, status] = [$("scroller"), $("welcome"), $("log"), $("status")];
const [composer, box, sendButton, stopButton] = [$("composer"), $("prompt"), $("send"), $("stop")];

const transcript = new Transcript(log, scroller, { retry: (id, question) => send(question, id), edit });
const connection = new ConnectionLine($("connection"), $("connection-text"), $("tries"));
const follower = new Follower({ event: take, state: showConnection, lost: look });
const otherTabs = new BroadcastChannel("ssekit-chat");

let chat = null; // The chat's id, also in the address, so that F5 and a copied address find it again.
let isRunning = false; // An answer is being written.
let asking = Promise.resolve(); // The question on its way.
let looks = 0;
let left = JSON.parse(sessionStorage.getItem("left")); // What this tab showed before a reload: { id, events }.
sessionStorage.removeItem("left");

// --- From the server ---

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
    if (left?.id === transcript.lastId) {
      const kept = transcript.tally.last;
      connection.reloaded(kept, Math.max(0, left.events - kept));
    }
    follow(snapshot.cursor);
  } else {
    follower.close();
  }
  left = null;
}

/** Looks when no question is on its way: now if the server is there, and later if not. */
function lookUntilSeen() {
  asking.then(look).catch(() => {
    showConnection("reconnecting");
    setTimeout(lookUntilSeen, 1_000);
  });
}

function follow(lastEventId) {
  follower.open(`api/chats/${chat}/stream/${tab}`, lastEventId);
}

function take(type, data, id) {
  if (type === "start") {
    showModel(JSON.parse(data).label);
  }
  const missing = transcript.tally.missing;
  const hasEnded = transcript.take(type, data, id);
  if (type !== "start" && type !== "failed") {
    connection.received(transcript.tally.last, transcript.tally.missing - missing);
  }
  if (hasEnded) {
    follower.close();
    setRunning(false);
    say(type === "done" ? transcript.spoken : type === "stopped" ? "Stopped." : "");
  }
}

// --- From the visitor ---

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
  document.body.classList.toggle("running", running);
  if (running) {
    $("notice").hidden = true;
  }
  if (stopHadFocus && !running) {
    box.focus();
  }
}

function showConnection(state) {
  if (state === "reconnecting" && connection.state !== state) {
    say("The connection is lost. The page reconnects by itself.");
  }
  connection.show(state);
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
$("second-tab").addEventListener("click", () => $("second-tab").href = location.href);
$("drop").addEventListener("click", () => dropConnection(chat, tab).catch(() => {}));
$("new-chat").addEventListener("click", () => {
  leave();
  say("New chat.");
  box.focus();
});
$("open-help").addEventListener("click", () => $("help").showModal());
$("close-help").addEventListener("click", () => $("help").close());
for (const suggestion of document.querySelectorAll(".suggestions button, button[data-send]")) {
  suggestion.addEventListener("click", () => {
    $("help").close();
    box.focus();
    send(suggestion.dataset.send ?? suggestion.textContent);
  });
}

// What a reload compares with what the server has kept.
addEventListener("pagehide", () => {
  if (isRunning && transcript.tally.last > 0) {
    sessionStorage.setItem("left", JSON.stringify({ id: transcript.lastId, events: transcript.tally.last }));
  }
});
// A tab in the background may have lost its connection without an error, or missed a question of another tab.
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
