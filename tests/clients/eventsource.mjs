// Follows a feed to its last order. It drops on the way, and comes back by itself.
import { EventSource } from "eventsource";
import { address, report } from "./report.mjs";

const last = process.argv[3];

await report(result => new Promise(resolve => {
  result.items = [];
  result.opened = 0;
  const source = new EventSource(`${address}feed/eventsource`);
  source.addEventListener("open", () => result.opened++);
  source.addEventListener("order", event => {
    const { item } = JSON.parse(event.data);
    result.items.push(item);
    if (item === last) {
      source.close();
      resolve();
    }
  });
}));
