import { Table, countsOf, create, find, name, number, numbers, setText, sizeOf, timeOf } from "./dashboard-table.js";

// Everything that is shown is a name that clients may have chosen: it becomes text, never markup.
const staleAfter = 5000;
const reconnectAfter = 3000;
const samples = 60;
const maxTailEvents = 200;

let source;
let reconnecting;
let receivedAt = 0;
let permissions = {};
const rates = { events: [], bytes: [] };

const routes = new Table("routes", [
  name("Route", row => row.route || "(none)"),
  number("Open", row => numbers.format(row.open)),
  number("Slow", row => numbers.format(row.slow)),
  { label: "Ended", text: row => countsOf(row.ended) },
  { label: "Gaps", text: row => countsOf(row.gaps) },
  { label: "Rejected", text: row => countsOf(row.rejected) },
], row => row.route, "No stream was opened yet.");

const topics = new Table("topics", [
  name("Topic", row => row.topic),
  number("Followers", row => numbers.format(row.followers)),
  number("Held", row => row.held === undefined ? "" : numbers.format(row.held)),
  number("Published", row => row.published === undefined ? "" : numbers.format(row.published)),
  { label: "Status", text: row => row.status ?? "" },
  { label: "", className: "action", action: "Tail", isAllowed: () => permissions.tail, nameOf: row => row.topic, run: row => startTail(row.topic) },
], row => row.topic, "No topic is followed.");

const runs = new Table("runs", [
  name("Topic", row => row.topic),
  name("Route", row => row.route ?? ""),
  number("Followers", row => numbers.format(row.followers)),
  number("Age", row => timeOf(row.age)),
  { label: "State", text: row => row.isStopping ? "stopping" : "running" },
], row => row.topic, "No run is active.");

const users = new Table("users", [
  name("User", row => row.name),
  number("Open", row => numbers.format(row.count)),
], row => row.name, "No stream has a user.");

const connections = new Table("connections", [
  name("Path", row => row.path ?? ""),
  name("User", row => row.user ?? ""),
  name("Topics", row => row.topics.join("\n") + (row.topicCount > row.topics.length ? `\n+${row.topicCount - row.topics.length}` : "")),
  name("Address", row => row.address ?? ""),
  number("Open", row => timeOf(row.age)),
  number("Last write", row => timeOf(row.idle)),
  number("Unread", row => row.unread === undefined ? "" : timeOf(row.unread)),
  number("Events", row => numbers.format(row.events)),
  number("Bytes", row => sizeOf(row.bytes)),
  {
    label: "",
    className: "action",
    action: "Disconnect",
    isAllowed: () => permissions.disconnect,
    nameOf: row => row.path ?? row.id,
    run: disconnect,
  },
], row => row.id, "No stream is open.");

function setState(state) {
  find("state").dataset.state = state;
  setText(find("state"), state);
}

function connect() {
  clearTimeout(reconnecting);
  source?.close();
  const query = new URLSearchParams({ filter: find("filter-text").value });
  if (find("filter-slow").checked) {
    query.set("slow", "1");
  }
  let isOpen = false;
  let isAnswered = false;
  source = new EventSource(`overview?${query}`);
  source.onopen = () => isOpen = true;
  source.addEventListener("permissions", event => {
    isAnswered = true;
    setText(find("problem"), "");
    find("problem").hidden = true;
    permissions = JSON.parse(event.data);
    find("tail").hidden = !permissions.tail;
  });
  source.addEventListener("overview", event => showOverview(JSON.parse(event.data)));
  source.addEventListener("connections", event => connections.update(JSON.parse(event.data)));
  source.onerror = () => {
    if (isOpen && !isAnswered) {
      // A stream that is rejected ends at once, and may return later.
      setText(find("problem"), "The server accepts no further stream now: MaxConnections is reached, or it stops.");
      find("problem").hidden = false;
    }
    setState(source.readyState === EventSource.CLOSED ? "closed" : "connecting");
    if (source.readyState === EventSource.CLOSED) {
      // An error status ends an EventSource for good: a proxy's 502 while the app restarts, or a sign-in that has ended.
      reconnecting = setTimeout(connect, reconnectAfter);
    }
  };
}

function showOverview(overview) {
  receivedAt = Date.now();
  setState("live");
  setText(find("app"), overview.app);
  setText(find("open"), numbers.format(overview.open));
  setText(find("own"), `and ${numbers.format(overview.own)} of dashboards`);
  setText(find("slow"), numbers.format(overview.slow));
  setText(find("run-count"), numbers.format(overview.runs.total));
  setText(find("gaps"), numbers.format(overview.gaps));
  setText(find("rejected"), numbers.format(overview.rejected));
  for (const note of document.querySelectorAll("[data-counted]")) {
    setText(note, `in ${timeOf(overview.counted)}`);
  }
  showRate("event", rates.events, overview.eventRate, numbers.format);
  showRate("byte", rates.bytes, overview.byteRate, sizeOf);
  find("store-fault").hidden = overview.storeFault === undefined;
  setText(find("store-fault"), overview.storeFault ? `The event store is ${overview.storeFault}.` : "");
  routes.update(overview.routes);
  topics.update(overview.topics);
  runs.update(overview.runs);
  users.update(overview.users);
}

function showRate(kind, history, rate, format) {
  if (rate === undefined) {
    return;
  }
  history.push(rate);
  if (history.length > samples) {
    history.shift();
  }
  setText(find(`${kind}-rate`), format(rate));
  const most = Math.max(1, ...history);
  const first = samples - history.length;
  const points = history.map((value, i) => `${first + i},${(19 - value / most * 18).toFixed(1)}`);
  document.querySelector(`#${kind}-line polyline`).setAttribute("points", points.join(" "));
}

async function disconnect(row, button) {
  button.disabled = true;
  const response = await fetch("disconnect", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ id: row.id }),
  }).catch(() => null);
  button.disabled = false;
  find("problem").hidden = response?.ok ?? false;
  const problem = response === null ? "The server cannot be reached." : `The server did not disconnect the stream (${response.status}).`;
  setText(find("problem"), problem);
}

let filtering;
function filter() {
  clearTimeout(filtering);
  filtering = setTimeout(connect, 250);
}
find("filter").addEventListener("input", filter);
find("filter").addEventListener("submit", event => event.preventDefault());

let tail;
function startTail(topic) {
  stopTail();
  find("tail-topic").value = topic;
  find("tail-events").replaceChildren();
  find("tail-stop").disabled = false;
  setText(find("tail-state"), "connecting");
  tail = new EventSource(`tail?${new URLSearchParams({ topic })}`);
  // It begins again after each connection, with the latest events.
  tail.onopen = () => find("tail-events").replaceChildren();
  tail.addEventListener("tail", event => showTail(JSON.parse(event.data)));
  tail.onerror = () => {
    setText(find("tail-state"), tail.readyState === EventSource.CLOSED ? "not allowed or not available" : "connecting");
  };
  find("tail").scrollIntoView({ block: "nearest" });
}

function stopTail() {
  tail?.close();
  tail = undefined;
  find("tail-stop").disabled = true;
  setText(find("tail-state"), "");
}

function showTail(page) {
  setText(find("tail-state"), page.isStoreFailing ? "the event store is unavailable" : page.status?.toLowerCase() ?? "live");
  if (page.gap) {
    addTail(create("li", { className: "notice", textContent: `Events before these are missing (${page.gap}).` }));
  }
  if (page.skipped > 0) {
    addTail(create("li", { className: "notice", textContent: `${numbers.format(page.skipped)} events are not shown.` }));
  }
  for (const event of page.events) {
    const cut = event.length > event.data.length ? ` – the first of ${numbers.format(event.length)} characters` : "";
    addTail(create("li", {},
      create("strong", { textContent: event.type }),
      create("span", { textContent: `${event.id ?? ""}${cut}` }),
      create("pre", { textContent: event.data })));
  }
}

function addTail(item) {
  find("tail-events").prepend(item);
  while (find("tail-events").children.length > maxTailEvents) {
    find("tail-events").lastElementChild.remove();
  }
}

find("tail-form").addEventListener("submit", event => {
  event.preventDefault();
  startTail(find("tail-topic").value);
});
find("tail-stop").addEventListener("click", stopTail);

setInterval(() => {
  if (find("state").dataset.state === "live" && Date.now() - receivedAt > staleAfter) {
    setState("stale");
  }
}, 1000);

// A page that nobody sees costs the server nothing.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    clearTimeout(reconnecting);
    source?.close();
    stopTail();
  } else {
    connect();
  }
});

connect();
