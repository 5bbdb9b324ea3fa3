import { follow } from "../follow.js";

const { url, types } = JSON.parse(self.name);
const tabs = new Set();
let lastEventId = "";
follow(url, types, event => {
  lastEventId = event.id;
  tabs.forEach(tab => tab.postMessage(event));
});

onconnect = ({ ports: [tab] }) => {
  tabs.add(tab);
  tab.onmessage = () => tabs.delete(tab);
  if (lastEventId) {
    tab.postMessage({ type: "ssekit.open", data: "", id: lastEventId });
  }
};
