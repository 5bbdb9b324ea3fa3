import { fetchEventSource } from "@microsoft/fetch-event-source";

// It is made for browsers and looks for two things there.
globalThis.window = globalThis;
globalThis.document = { hidden: false, addEventListener() {}, removeEventListener() {} };

export const read = async endpoint => {
  await fetchEventSource(endpoint.url, {
    ...endpoint.request,
    openWhenHidden: true,
    // What it throws makes the client ask again. A clean end is the end.
    onmessage: ({ event, data }) => void endpoint.take(event, data),
  });
};
