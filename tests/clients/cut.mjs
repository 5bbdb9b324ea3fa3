// The first connection goes through a proxy that cuts it. Meanwhile a second tab reads the answer from its beginning. What the client does
// not do by itself then, its app does.
import { Answer } from "./answers/answer.mjs";
import { address, prompt, report } from "./report.mjs";

const [name, direct] = process.argv.slice(4);
const client = await import(`./answers/${name}.mjs`);

await report(async result => {
  const tab = new Answer();
  let others;
  const answer = new Answer(() => {
    others ??= Promise.all([tab.read(client.join(direct, answer.run, tab)), client.readLast?.(direct, answer.run)]);
  });
  await answer.read(client.ask(address, prompt, answer));
  result.cutText = answer.text;
  if (!answer.isWhole) {
    answer.failures = [];
    await answer.read(client.resume(direct, answer));
  }

  [, result.lastText] = await others;
  Object.assign(result, answer.toReport(), tab.toReport("tab"));
});
