import { createElement as h, useState } from "react";
import { createRoot } from "react-dom/client";
import { useAnswer } from "./use-answer.js";
import { useEventSource } from "./use-event-source.js";

function Orders() {
  const [orders, setOrders] = useState([]);
  const [state, setState] = useState("open");
  useEventSource("/react/orders", {
    order: ({ data }) => setOrders(before => [...before, JSON.parse(data)]),
    // Events are missing: a page with data of its own reads that again here.
    "ssekit.gap": () => setOrders([]),
    end: () => setState("ended"),
  }, "end");
  return h("ul", { id: "orders", "data-state": state }, orders.map(({ item }, index) => h("li", { key: index }, item)));
}

function Answer() {
  const { text, state, ask } = useAnswer();
  return h("section", null,
    h("button", { onClick: () => ask(`/react/answers/${crypto.randomUUID()}`, { text: "React" }) }, "Ask"),
    h("p", { id: "answer", "data-state": state }, text));
}

createRoot(document.getElementById("root")).render(h("main", null, h(Orders), h(Answer)));
