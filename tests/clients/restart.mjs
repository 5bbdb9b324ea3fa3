// Reads an answer until its server ends, and again when the server is back. A request to the test ends the server; its response means that
// the server is back.
import { Answer } from "./answers/answer.mjs";
import { address, prompt, report } from "./report.mjs";

const [name, restart, held] = process.argv.slice(4);
const client = await import(`./answers/${name}.mjs`);

await report(async result => {
  let restarted;
  const answer = new Answer(text => {
    if (text.endsWith(held)) {
      restarted ??= fetch(restart, { method: "POST" });
    }
  });
  await answer.read(client.ask(address, prompt, answer));
  Object.assign(result, answer.toReport("cut"));
  await restarted;
  if (!answer.isWhole && !answer.hasFailed) {
    answer.failures = [];
    await answer.read(client.resume(address, answer));
  }

  const tab = new Answer();
  await tab.read(client.join(address, answer.run, tab));
  Object.assign(result, answer.toReport(), tab.toReport("tab"));
});
