// Follows a stream of every end with one client, until the test is done. Its server stops and starts meanwhile.
import { setTimeout } from "node:timers/promises";
import { address, report } from "./report.mjs";

const [client, ...ends] = process.argv.slice(3);
const { follow } = await import(`./ends/${client}.mjs`);

async function isDone() {
  try {
    return await (await fetch(`${address}done`)).json();
  } catch {
    return false;
  }
}

await report(async () => {
  ends.forEach(end => follow(`${address}ends/${client}/${end}`));
  while (!await isDone()) {
    await setTimeout(100);
  }
});
