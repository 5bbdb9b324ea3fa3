const tab = `tab ${crypto.randomUUID().slice(0, 4)}`;
const state = document.querySelector("#state");
const feed = document.querySelector("#feed");
const seen = new Map();
const serverOfTab = new Map();
let lastEventId = "";
let gaps = 0;

function connect() {
  const resume = lastEventId ? `&lastEventId=${encodeURIComponent(lastEventId)}` : "";
  const source = new EventSource(`/feed?tab=${encodeURIComponent(tab)}${resume}`);
  source.onopen = () => setState("live");
  source.onerror = () => {
    setState("reconnecting");
    if (source.readyState === EventSource.CLOSED) {
      // The proxy's 502 ends an EventSource for good. A new one continues where it stopped.
      setTimeout(connect, 1000);
    }
  };
  source.addEventListener("ssekit.open", remember);
  source.addEventListener("ssekit.gap", event => {
    remember(event);
    gaps++;
    judge();
  });
  source.addEventListener("tab", event => {
    remember(event);
    const { name, server } = JSON.parse(event.data);
    serverOfTab.set(name, server);
    showTabs();
  });
  source.addEventListener("order", event => {
    remember(event);
    const { number, server } = JSON.parse(event.data);
    seen.set(number, (seen.get(number) ?? 0) + 1);
    const item = document.createElement("li");
    item.dataset.server = server;
    item.textContent = `Order ${number}, placed at server ${server}`;
    feed.prepend(item);
    feed.children[20]?.remove();
    judge();
  });
}

function remember(event) {
  lastEventId = event.lastEventId;
}

// What this tab has received since its first order.
function judge() {
  const numbers = [...seen.keys()];
  const first = Math.min(...numbers);
  const last = Math.max(...numbers);
  const missing = last - first + 1 - numbers.length;
  const twice = [...seen.values()].filter(times => times > 1).length;
  document.querySelector("#verdict").textContent =
    `Orders ${first} to ${last}: ${missing || "none"} missing, ${twice || "none"} twice, ${gaps || "no"} gaps.`;
}

function showTabs() {
  for (const article of document.querySelectorAll("article")) {
    const tabs = [...serverOfTab].filter(([, server]) => server === article.dataset.server).map(([name]) => name);
    article.querySelector("ul").replaceChildren(...tabs.map(name => {
      const item = document.createElement("li");
      item.textContent = name === tab ? `${name} (this tab)` : name;
      return item;
    }));
  }
}

function setState(name) {
  state.dataset.state = name;
  state.textContent = name;
}

// The front end itself reports which servers run.
new EventSource("/servers").onmessage = event => {
  for (const { name, runs } of JSON.parse(event.data)) {
    const article = document.querySelector(`article[data-server="${name}"]`);
    article.dataset.runs = runs;
    article.querySelector(".runs").textContent = runs ? "runs" : "is down";
    const button = article.querySelector("button");
    button.disabled = false;
    button.textContent = runs ? "Kill" : "Start";
    button.onclick = () => fetch(`/servers/${name}/${runs ? "kill" : "start"}`, { method: "POST" });
  }
};

connect();
