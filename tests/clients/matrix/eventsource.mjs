import { EventSource } from "eventsource";

export const read = endpoint => new Promise((resolve, reject) => {
  const source = new EventSource(endpoint.url);
  const take = ({ type, data }) => {
    try {
      if (endpoint.take(type, data)) {
        source.close();
        resolve();
      }
    } catch (error) {
      source.close();
      reject(error);
    }
  };
  for (const type of ["message", "named", "ssekit.open", "ssekit.gap"]) {
    source.addEventListener(type, take);
  }
});
