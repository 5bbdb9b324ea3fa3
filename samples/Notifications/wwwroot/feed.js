// One EventSource for everything. It reconnects by itself and sends its last event id; the server goes on from there.
const client = crypto.randomUUID();
const feed = document.querySelector("#feed");
const state = document.querySelector("#state");
const lastId = document.querySelector("#last-id");
const maxShown = 100;

let source;
let reconnects = 0;
let gaps = 0;
let lastEventId = "";

function connect() {
  const resume = lastEventId ? `?lastEventId=${encodeURIComponent(lastEventId)}` : "";
  source = new EventSource(`/feed/${client}${resume}`);
  source.onopen = () => setState("live");
  source.onerror = () => {
    document.querySelector("#reconnects").textContent = String(++reconnects);
    setState("reconnecting");
    if (source.readyState === EventSource.CLOSED) {
      // An error status, a proxy's 502 say, ends an EventSource for good. A new one takes over where it stopped.
      setTimeout(connect, 3000);
    }
  };
  source.addEventListener("ssekit.open", remember);
  source.addEventListener("ssekit.gap", event => {
    remember(event);
    document.querySelector("#gaps").textContent = String(++gaps);
    show("gap", "Some events are no longer held", event);
  });
  source.addEventListener("order", event => {
    const order = JSON.parse(event.data);
    show("order", `Order ${order.number}: ${order.item}`, event);
  });
  source.addEventListener("alert", event => show("alert", JSON.parse(event.data).message, event));
}

function remember(event) {
  lastEventId = event.lastEventId;
  lastId.textContent = lastEventId;
}

function show(kind, text, event) {
  remember(event);
  document.querySelector("#empty").hidden = true;
  const item = document.createElement("li");
  item.className = kind;
  const title = document.createElement("strong");
  title.textContent = kind;
  const body = document.createElement("span");
  body.textContent = text;
  const time = document.createElement("time");
  time.textContent = new Date().toLocaleTimeString();
  item.append(title, body, time);
  feed.prepend(item);
  while (feed.children.length > maxShown) {
    feed.lastElementChild.remove();
  }
}

function setState(name) {
  state.dataset.state = name;
  state.textContent = name;
}

document.querySelector("#drop").addEventListener("click", () => fetch(`/drop/${client}`, { method: "POST" }));

document.querySelector("#order").addEventListener("submit", async submit => {
  submit.preventDefault();
  const item = document.querySelector("#item");
  const problem = document.querySelector("#problem");
  const response = await fetch("/orders", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ item: item.value }),
  }).catch(() => null);
  problem.hidden = response?.ok ?? false;
  if (response?.ok) {
    item.value = "";
  } else {
    problem.textContent = response ? "The order was refused." : "The server cannot be reached.";
  }
});

connect();
