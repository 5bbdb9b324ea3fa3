import { EventSourcePlus } from "event-source-plus";

export const read = endpoint => new Promise(resolve => {
  const controller = new EventSourcePlus(endpoint.url, endpoint.request).listen({
    // What it throws makes the client ask again.
    onMessage({ event, data }) {
      if (endpoint.take(event, data)) {
        controller.abort();
        resolve();
      }
    },
  });
});
