import { follow } from "../follow.js";

// Follows a stream by one connection for all tabs of the browser.
export function followInTabs(url, types, onEvent) {
  const address = new URL(url, location.href).href;
  if ("SharedWorker" in globalThis) {
    followByWorker(address, types, onEvent);
  } else {
    followByLeader(address, types, onEvent);
  }
}

// A worker has the connection. It ends with the last tab.
export function followByWorker(url, types, onEvent) {
  const options = { type: "module", name: JSON.stringify({ url, types }) };
  const { port } = new SharedWorker(new URL("worker.js", import.meta.url), options);
  port.onmessage = ({ data }) => onEvent(data);
  addEventListener("pagehide", () => port.postMessage("leave"));
  reloadAfterCache();
}

// One tab has the connection, and sends the events to the others. If it is closed, the next tab gets its lock and continues.
export function followByLeader(url, types, onEvent) {
  if (!navigator.locks) {
    // Browsers have locks on HTTPS and localhost only. Elsewhere each tab has its own connection.
    follow(url, types, onEvent);
    reloadAfterCache();
    return;
  }

  const key = JSON.stringify({ url, types });
  const channel = new BroadcastChannel(key);
  const seen = new Set();
  let lastEventId = "";
  let leads = false;

  function take(event) {
    lastEventId = event.id || lastEventId;
    if (event.type.startsWith("ssekit.")) {
      onEvent(event);
    } else if (!seen.has(event.id)) {
      // A tab that begins to lead reads again what the tab before it may have sent already.
      seen.add(event.id);
      if (seen.size > 1000) {
        seen.delete(seen.values().next().value);
      }

      onEvent(event);
    }
  }

  channel.onmessage = ({ data }) => {
    if (data.type !== "tabs.joined") {
      take(data);
    } else if (leads && lastEventId) {
      channel.postMessage({ type: "ssekit.open", data: "", id: lastEventId });
    }
  };
  channel.postMessage({ type: "tabs.joined" });

  // Chromium does not freeze a tab that has a lock. The lock is held until the tab is closed.
  navigator.locks.request(key, () => new Promise(() => {
    leads = true;
    follow(url, types, event => {
      channel.postMessage(event);
      take(event);
    }, lastEventId);
  }));
  reloadAfterCache();
}

// A page that returns from the back/forward cache has missed events.
function reloadAfterCache() {
  addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
}
