import * as client from "./answers/workflow.mjs";
import { readOnce } from "./answers/answer.mjs";
import { address, prompt, report } from "./report.mjs";

await report(result => readOnce(client, address, prompt, result));
