// Reads the body of a stream from standard input, and has the parser of @microsoft/fetch-event-source read it again and again, broken off at every offset.
import { getLines, getMessages } from "@microsoft/fetch-event-source/lib/cjs/parse.js";
import { report } from "./report.mjs";

// What the client would resume after, and what it has delivered, when the connection breaks.
function read(body) {
  const messages = [];
  let resumesAfter = "";
  const lines = getLines(getMessages(id => (resumesAfter = id), () => {}, message => messages.push(message)));
  lines(body);
  return { messages, resumesAfter };
}

await report(async result => {
  const chunks = [];
  for await (const chunk of process.stdin) {
    chunks.push(chunk);
  }

  const body = Buffer.concat(chunks);
  const whole = read(body).messages;
  whole.forEach(message => JSON.parse(message.data));
  result.events = whole.length;
  result.lost = [];
  for (let offset = 0; offset <= body.length; offset++) {
    const { messages, resumesAfter } = read(body.subarray(0, offset));
    if (whole.findIndex(message => message.id === resumesAfter) >= messages.length) {
      result.lost.push(JSON.stringify(body.subarray(Math.max(0, offset - 2), offset + 1).toString()));
    }
  }
});
