// One channel, many clients, by better-sse. The first line of the output is the port; each line of the input is the data of an event.
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { createChannel, createSession } from "better-sse";

const serializer = text => text;
const channel = createChannel();
const server = createServer(async (request, response) => channel.register(await createSession(request, response, { serializer })));
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
createInterface({ input: process.stdin }).on("line", data => channel.broadcast(data)).on("close", () => process.exit());
