import { createEventSource } from "eventsource-client";

export const read = endpoint => new Promise((resolve, reject) => {
  const source = createEventSource({
    url: endpoint.url,
    ...endpoint.request,
    onMessage({ event, data }) {
      try {
        if (endpoint.take(event, data)) {
          source.close();
          resolve();
        }
      } catch (error) {
        source.close();
        reject(error);
      }
    },
  });
});
