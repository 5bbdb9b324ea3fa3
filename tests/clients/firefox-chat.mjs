// The chat page in Firefox: a reload and a dropped connection in the middle of an answer. The numbers that the demo model counts show what was lost or came twice.
import puppeteer from "puppeteer-core";
import { address, prompt as executablePath, report } from "./report.mjs";

const patience = 60_000;

await report(async result => {
  const browser = await puppeteer.launch({ browser: "firefox", executablePath, headless: true, timeout: patience });
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(patience);
    await page.goto(address);
    await page.type("#prompt", "/long 120");
    await page.keyboard.press("Enter");

    await count(page, 20);
    await page.reload();
    await count(page, 40);
    await page.click("#drop");
    await page.waitForSelector(".answer[data-state=done]");

    result.text = await page.$eval(".answer .markdown", answer => answer.innerText);
    result.questions = await page.$$eval(".question", questions => questions.map(question => question.textContent));
  } finally {
    await browser.close();
  }
});

function count(page, number) {
  return page.waitForFunction(
    number => document.querySelector(".answer[data-state=streaming] .markdown")?.textContent.includes(` ${number} `), {}, number);
}
