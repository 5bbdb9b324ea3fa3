import { createEventSource } from "eventsource-client";

export const follow = url => createEventSource({ url, onMessage() {} });
