// Stands between a browser and a server, and says 502 while it is told that the server is away, as nginx does while an app restarts.
import { once } from "node:events";
import net from "node:net";

export class TroubledProxy {
  #sockets = new Set();
  #refusals = new EventTarget();
  #isServerAway = false;
  #listener;

  constructor(server) {
    this.#listener = net.createServer(client => this.#serve(client, new URL(server)));
  }

  async start() {
    await once(this.#listener.listen(0, "127.0.0.1"), "listening");
    return `http://127.0.0.1:${this.#listener.address().port}/`;
  }

  /** Cuts all connections. Returns when somebody has come back and was refused. */
  async loseServer() {
    this.#isServerAway = true;
    const refused = once(this.#refusals, "refused");
    this.#cut();
    await refused;
  }

  findServer() {
    this.#isServerAway = false;
  }

  stop() {
    this.#listener.close();
    this.#cut();
  }

  #serve(client, { hostname, port }) {
    this.#keep(client);
    if (this.#isServerAway) {
      client.once("data", () => {
        client.end("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        this.#refusals.dispatchEvent(new Event("refused"));
      });
      return;
    }
    const server = this.#keep(net.connect(Number(port), hostname));
    client.pipe(server).pipe(client);
  }

  #keep(socket) {
    this.#sockets.add(socket);
    socket.on("error", () => {}); // One of the two has left.
    socket.once("close", () => this.#sockets.delete(socket));
    return socket;
  }

  #cut() {
    for (const socket of this.#sockets) {
      socket.destroy();
    }
  }
}
