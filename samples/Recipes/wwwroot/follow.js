// Follows a stream with an EventSource, and opens another one with the last event id if the browser has given up, as it does after a
// status such as 502. Returns a function that ends it.
export function follow(url, types, onEvent, lastEventId = "") {
  let source, timer;

  function take({ type, data, lastEventId: id }) {
    // Before a gap of an unknown id, an event has none.
    lastEventId = id || lastEventId;
    onEvent({ type, data, id });
  }

  function open() {
    const address = new URL(url, location.href);
    if (lastEventId) {
      address.searchParams.set("lastEventId", lastEventId);
    }

    source = new EventSource(address);
    for (const type of ["message", "ssekit.open", "ssekit.gap", ...types]) {
      source.addEventListener(type, take);
    }

    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED) {
        timer = setTimeout(open, 5000 * (0.5 + Math.random()));
      }
    };
  }

  open();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}
