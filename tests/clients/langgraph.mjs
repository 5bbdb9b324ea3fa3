// The client's first connection is cut, and it continues by itself. Meanwhile a second tab joins the run from its beginning.
import { Client } from "@langchain/langgraph-sdk";
import { address, prompt, report } from "./report.mjs";

const direct = process.argv[4] ?? address;
const clientOf = url => new Client({ apiUrl: url, apiKey: null });

await report(async result => {
  const input = { messages: [{ role: "user", content: prompt }] };
  let tab;
  const stream = clientOf(address).runs.stream("thread", "assistant", {
    input,
    streamMode: "custom",
    streamResumable: true,
    // Settled, because it may fail before its result is awaited.
    onRunCreated: ({ run_id }) => void (tab = Promise.allSettled([join(run_id)])),
  });
  result.runErrors = [];
  result.text = await textOf(stream, result.runErrors);
  result.finishReason = "end";
  const [joined] = await tab;
  result.tabText = joined.value;
  if (joined.reason) {
    throw joined.reason;
  }
});

function join(run) {
  return textOf(clientOf(direct).runs.joinStream("thread", run), []);
}

async function textOf(stream, errors) {
  let text = "";
  for await (const { event, data } of stream) {
    text += data.delta ?? "";
    if (event === "error") {
      errors.push(data.message);
    }
  }

  return text;
}
