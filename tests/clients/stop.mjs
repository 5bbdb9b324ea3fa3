// Reads an answer that another request stops, and reads it again.
import { Answer } from "./answers/answer.mjs";
import { address, prompt, report } from "./report.mjs";

const [name, held] = process.argv.slice(4);
const client = await import(`./answers/${name}.mjs`);

await report(async result => {
  let stopped;
  const answer = new Answer(text => {
    if (text.endsWith(held)) {
      // Settled, because it may fail before its result is awaited.
      stopped ??= Promise.allSettled([client.stop(address, answer.run)]);
    }
  });
  await answer.read(client.ask(address, prompt, answer));
  const [stop] = await stopped;
  if (stop.reason) {
    throw stop.reason;
  }

  const tab = new Answer();
  await tab.read(client.join(address, answer.run, tab));
  Object.assign(result, answer.toReport(), tab.toReport("tab"));
});
