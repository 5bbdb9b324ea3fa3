// What the chat page does in Chromium by its own tests, in Firefox. Each scenario has cookies of its own; the report says of each "passed", or what went wrong.
import assert from "node:assert/strict";
import puppeteer from "puppeteer-core";
import { address as scripted, prompt as executablePath, report } from "./report.mjs";
import { TroubledProxy } from "./troubled-proxy.mjs";

const demo = process.argv[4]; // The sample as it is; at the other address its model says what this script tells it to.
const script = new URL("script", scripted);
const patience = 60_000;

const scenarios = {
  async "an answer grows while the model writes"(open) {
    const page = await open(scripted);
    await ask(page, "Hi");
    await shows(page, "waiting");
    await say("Hel");
    await shows(page, "streaming", "Hel");
    await say("lo **you");
    await shows(page, "streaming", "Hello you");
    await say("**!");
    await finish();
    await shows(page, "done", "Hello you!");
  },

  async "a reload in the middle changes nothing and does not ask again"(open) {
    const page = await open(scripted);
    const calls = await modelCalls();
    await ask(page, "Hi");
    await say("Half an answer");
    await shows(page, "streaming", "Half an answer");
    await page.reload();
    await shows(page, "streaming", "Half an answer");
    await say(", and the other half.");
    await finish();
    await shows(page, "done", "Half an answer, and the other half.");
    assert.deepEqual(await page.$$eval(".question", all => all.map(each => each.textContent)), ["Hi"]);
    assert.equal(await modelCalls(), calls + 1);
  },

  async "a late tab shows the same"(open) {
    const first = await open(scripted);
    await ask(first, "Hi");
    await say("One");
    await shows(first, "streaming", "One");
    const late = await open(first.url());
    await shows(late, "streaming", "One");
    await say(" two");
    await finish();
    await shows(late, "done", "One two");
    await shows(first, "done", "One two");
  },

  async "stop in one tab ends the answer in the other"(open) {
    const first = await open(scripted);
    await ask(first, "Hi");
    await say("Once upon a time");
    await shows(first, "streaming", "Once upon a time");
    const second = await open(first.url());
    await shows(second, "streaming", "Once upon a time");
    await second.click("#stop");
    await shows(second, "stopped", "Once upon a time");
    await shows(first, "stopped", "Once upon a time");
  },

  async "a dropped connection misses nothing"(open) {
    const page = await open(scripted);
    await ask(page, "Hi");
    await say("One");
    await shows(page, "streaming", "One");
    // What is written after the response of the drop reaches the next connection only.
    const dropped = page.waitForResponse(response => response.url().includes("/drop/"));
    await page.click("#drop");
    await dropped;
    await say(" two");
    await page.waitForFunction(() => document.querySelector("#connection-text").textContent === "continued after reconnect: 1 event kept, none lost", { polling: "mutation" });
    await shows(page, "streaming", "One two");
    await finish();
    await shows(page, "done", "One two");
  },

  async "a 502 while the page reconnects does not end the answer"(open) {
    const proxy = new TroubledProxy(scripted);
    try {
      const page = await open(await proxy.start());
      await ask(page, "Hi");
      await say("One");
      await shows(page, "streaming", "One");
      await proxy.loseServer();
      await say(" two");
      proxy.findServer();
      await shows(page, "streaming", "One two");
      await finish();
      await shows(page, "done", "One two");
    } finally {
      proxy.stop();
    }
  },

  async "a model that fails is reported"(open) {
    const page = await open(demo);
    await ask(page, "/fail");
    await shows(page, "failed", "This answer fails after these words,");
    assert.match(await page.$eval("[role=alert]:not([hidden])", alert => alert.textContent), /The model failed/);
  },

  async "an answer that is cut off does not look complete"(open) {
    const page = await open(demo);
    await ask(page, "/cut");
    await shows(page, "failed", "This answer is cut off in the middle of a");
    assert.match(await page.$eval("[role=alert]:not([hidden])", alert => alert.textContent), /stopped in the middle/);
  },

  async "nothing that a model writes becomes markup or runs"(open) {
    const page = await open(scripted);
    await ask(page, "Attack");
    await say("<img src=x onerror=\"window.hacked = 1\"> <script>window.hacked = 1</script>\n\n");
    await say("[run](javascript:window.hacked=1) [data](data:text/html,x) [ok](https://example.com)\n\n");
    await say("```html\n<b onclick=1>\n```\n");
    await finish();
    await shows(page, "done");
    const answer = await page.$(".answer .markdown");
    assert.match(await answer.evaluate(node => node.textContent), /<script>window\.hacked = 1<\/script>/);
    assert.equal(await answer.$("img, script, b"), null);
    assert.deepEqual(await answer.$$eval("a", links => links.map(link => link.href)), ["https://example.com/"]);
    assert.equal(await page.evaluate(() => window.hacked), undefined);
  },
};

await report(async result => {
  const browser = await puppeteer.launch({ browser: "firefox", executablePath, headless: true, timeout: 2 * patience });
  try {
    for (const [name, run] of Object.entries(scenarios)) {
      const profile = await browser.createBrowserContext();
      result[name] = await run(address => open(profile, address)).then(() => "passed", error => error.stack);
      await profile.close();
    }
  } finally {
    await browser.close();
  }
});

async function open(profile, address) {
  const page = await profile.newPage();
  page.setDefaultTimeout(patience);
  await page.goto(address);
  return page;
}

async function ask(page, question) {
  await page.type("#prompt", question);
  await page.keyboard.press("Enter");
}

/** Waits until the answer is in a state, and has this text. A tab that nobody looks at does not paint. */
async function shows(page, state, text) {
  await page.bringToFront();
  await page.waitForFunction((state, text) => {
    const answer = document.querySelector(`.answer[data-state=${state}] .markdown`);
    return answer && (text === undefined || answer.textContent.trim() === text);
  }, { polling: "mutation" }, state, text);
}

async function say(text) {
  await fetch(script, { method: "POST", body: text });
}

async function finish() {
  await fetch(script, { method: "DELETE" });
}

async function modelCalls() {
  return Number(await (await fetch(script)).text());
}
