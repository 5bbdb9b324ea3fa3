// Reads the body of a stream from standard input, and parses it again and again, cut in two at every offset.
import { createParser } from "eventsource-parser";
import { report } from "./report.mjs";

function parse(...pieces) {
  const events = [];
  const decoder = new TextDecoder();
  const parser = createParser({
    onEvent: event => events.push([event.event ?? null, event.id ?? null, event.data]),
    onError: error => {
      throw error;
    },
  });
  for (const piece of pieces) {
    parser.feed(decoder.decode(piece, { stream: true }));
  }

  return events;
}

await report(async result => {
  const chunks = [];
  for await (const chunk of process.stdin) {
    chunks.push(chunk);
  }

  const body = Buffer.concat(chunks);
  const whole = JSON.stringify(parse(body));
  result.events = parse(body).length;
  result.offsets = 0;
  for (let offset = 0; offset <= body.length; offset++) {
    if (JSON.stringify(parse(body.subarray(0, offset), body.subarray(offset))) !== whole) {
      throw new Error(`Cut at ${offset}, the stream reads differently.`);
    }

    result.offsets++;
  }
});
