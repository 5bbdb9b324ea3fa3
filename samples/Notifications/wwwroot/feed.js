// One EventSource for both topics. It reconnects by itself and sends its last event id, after which the server continues.
const client = crypto.randomUUID();
const maxShown = 100;

const $ = id => document.getElementById(id);
const [feed, state, dropButton, dropNote] = [$("feed"), $("state"), $("drop"), $("drop-note")];

let source;
let reconnecting;
let isDropped = false;
let lastEventId = "";
let reconnects = 0;
let gaps = 0;
let gapRow = null; // The gap of this connection: one row, although each topic reports its own.
let serverAhead = 0; // Milliseconds between the server's clock and this one.
let resumedAt = -Infinity; // On the server's clock. Events from before it were missed, and are caught up on.
let caughtUp = 0;

function connect() {
  clearTimeout(reconnecting);
  source?.close();
  const resume = lastEventId ? `?lastEventId=${encodeURIComponent(lastEventId)}` : "";
  source = new EventSource(`/feed/${client}${resume}`);
  source.onopen = () => {
    setState("live");
    gapRow = null;
    if (lastEventId) {
      $("reconnects").textContent = String(++reconnects);
      resumedAt = Date.now() + serverAhead;
      caughtUp = 0;
      showCaughtUp();
    }
  };
  source.onerror = () => {
    if (isDropped) {
      source.close(); // The countdown creates the next one.
      return;
    }
    setState("reconnecting");
    if (source.readyState === EventSource.CLOSED) {
      // An error status, such as a proxy's 502, ends an EventSource for good. Another one continues where it stopped.
      reconnecting = setTimeout(connect, 3000);
    }
  };
  source.addEventListener("ssekit.open", remember);
  source.addEventListener("ssekit.gap", showGap);
  source.addEventListener("order", event => {
    const order = JSON.parse(event.data);
    show("order", order.item, order.at, event);
  });
  source.addEventListener("alert", event => {
    const alert = JSON.parse(event.data);
    show("alert", alert.message, alert.at, event);
  });
}

function remember(event) {
  lastEventId = event.lastEventId || lastEventId;
  $("last-id").textContent = lastEventId;
}

function show(kind, text, at, event) {
  remember(event);
  const row = addRow(kind, text, new Date(at));
  if (Date.parse(at) < resumedAt) {
    row.classList.add("caught-up");
    caughtUp++;
    showCaughtUp();
  }
}

function showCaughtUp() {
  dropNote.textContent = `Reconnected: ${caughtUp} ${caughtUp === 1 ? "event" : "events"} caught up.`;
}

function showGap(event) {
  remember(event);
  const { reason, missed } = JSON.parse(event.data);
  const text = reason === "expired"
    ? `${missed ?? "Some"} events are missing: they were older than what the server keeps.`
    : "Events may be missing: the server restarted and its memory is gone.";
  if (!gapRow) {
    gapRow = addRow("gap", text, new Date());
    $("gaps").textContent = String(++gaps);
    dropNote.textContent = "Reconnected with a gap.";
  } else if (!gapRow.textContent.includes(text)) {
    gapRow.querySelector("span").append(` ${text}`);
  }
}

function addRow(kind, text, at) {
  $("empty").hidden = true;
  const row = document.createElement("li");
  row.className = kind;
  const title = document.createElement("strong");
  title.textContent = kind;
  const body = document.createElement("span");
  body.textContent = text;
  const time = document.createElement("time");
  time.dateTime = at.toISOString();
  time.textContent = at.toLocaleTimeString();
  row.append(title, body, time);
  // By time, because the events of two topics are in order only within each.
  const older = [...feed.children].find(other => Date.parse(other.querySelector("time").dateTime) <= at);
  feed.insertBefore(row, older ?? null);
  feed.children[maxShown]?.remove();
  return row;
}

function setState(name) {
  state.dataset.state = name;
  state.textContent = name;
}

async function drop() {
  dropButton.disabled = true;
  isDropped = true;
  try {
    const response = await post(`/drop/${client}`);
    if (response?.ok) {
      serverAhead = Date.parse((await response.json()).at) - Date.now();
      setState("dropped");
      for (let seconds = Number(dropButton.dataset.seconds); seconds > 0; seconds--) {
        dropNote.textContent = `Reconnects in ${seconds} s. Place an order meanwhile.`;
        await new Promise(resolve => setTimeout(resolve, 1000));
      }
      source.close();
      connect();
    } else {
      dropNote.textContent = response ? "There is no connection to drop." : "The server cannot be reached.";
      if (source.readyState === EventSource.CLOSED) {
        connect();
      }
    }
  } finally {
    isDropped = false;
    dropButton.disabled = false;
  }
}

async function order(submit) {
  submit.preventDefault();
  const response = await post("/orders", { item: $("item").value });
  $("problem").hidden = response?.ok ?? false;
  if (response?.ok) {
    $("item").value = "";
  } else {
    $("problem").textContent = response ? "The order was refused." : "The server cannot be reached.";
  }
}

/** Null if the server cannot be reached. */
function post(path, body = {}) {
  return fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }).catch(() => null);
}

dropButton.addEventListener("click", drop);
$("order").addEventListener("submit", order);
connect();
