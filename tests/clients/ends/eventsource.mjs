import { EventSource } from "eventsource";

export const follow = url => new EventSource(url);
