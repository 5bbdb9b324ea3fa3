import { EventSourcePlus } from "event-source-plus";

export const follow = url => new EventSourcePlus(url).listen({ onMessage() {} });
