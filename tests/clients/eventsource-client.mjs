// Follows a feed to its last order. It drops on the way, and comes back by itself.
import { createEventSource } from "eventsource-client";
import { address, report } from "./report.mjs";

const last = process.argv[3];

await report(async result => {
  result.items = [];
  result.opened = 0;
  const source = createEventSource({ url: `${address}feed/eventsource-client`, onConnect: () => result.opened++ });
  for await (const { event, data } of source) {
    if (event === "order") {
      const { item } = JSON.parse(data);
      result.items.push(item);
      if (item === last) {
        break;
      }
    }
  }
});
