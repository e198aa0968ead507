// Opens reports in a real browser and says what is wrong with them.
//
//     node check.mjs CHROMIUM SCREENSHOTS REPORT.html [--shows=TEXT]… …
//
// Every report is opened from disk; the texts behind it must be there to be read. Each fault is a line on stdout; the exit code is 1 where there is one.
// Pictures of the light, the dark and the printed page go to the folder SCREENSHOTS.

import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const [executablePath, screenshots, ...rest] = process.argv.slice(2);
const reports = [];
for (const argument of rest) {
  if (argument.startsWith("--shows=")) reports.at(-1).shows.push(argument.slice("--shows=".length));
  else reports.push({ report: argument, shows: [] });
}
// A browser that hangs must not hang who waits for it.
const MINUTES = 10;
setTimeout(() => {
  console.log(`the browser did not answer within ${MINUTES} minutes`);
  process.exit(1);
}, MINUTES * 60_000).unref();
// As root, as in a container, Chromium does not start in its sandbox.
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
let faults = 0;

for (const { report, shows } of reports) {
  const name = basename(dirname(resolve(report)));
  const fault = (text) => {
    faults += 1;
    console.log(`${name}: ${text}`);
  };
  // The policy of the page would keep axe out as it keeps out everybody else.
  for (const bypassCSP of [false, true]) {
    const context = await browser.newContext({ bypassCSP, viewport: { width: 1200, height: 900 } });
    const page = await context.newPage();
    const address = pathToFileURL(resolve(report)).href;
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) fault(`console: ${message.text()}`);
    });
    page.on("pageerror", (error) => fault(`script: ${error.message}`));
    page.on("dialog", (dialog) => {
      fault(`dialog: ${dialog.message()}`);
      dialog.dismiss();
    });
    page.on("request", (request) => {
      const url = request.url();
      if (url !== address && !url.startsWith("data:")) fault(`request: ${url}`);
    });
    await page.goto(address, { waitUntil: "load" });
    const text = await page.evaluate(() => document.body.textContent);
    for (const wanted of shows) if (!text.includes(wanted)) fault(`does not show ${wanted}`);
    const checked = bypassCSP ? accessible(page, fault) : usable(page, name, fault);
    await checked.catch((error) => fault(error.message.split("\n")[0]));
    await context.close();
  }
}
await browser.close();
process.exit(faults > 0 ? 1 : 0);

/** Tables sort, filter and copy; the page fits a phone, the dark, and paper. */
async function usable(page, name, fault) {
  const foreign = await page.evaluate(
    () => document.querySelectorAll("script:not(body > script:last-of-type), iframe, object, [onerror], [onload]").length,
  );
  if (foreign > 0) fault(`${foreign} elements that the report does not have`);

  const tables = await page.locator("table").all();
  if (tables.length === 0) fault("no table");
  for (const table of tables) await sorts(table, fault);
  await filters(page, fault);
  await copies(page, fault);

  mkdirSync(screenshots, { recursive: true });
  const picture = (kind) =>
    page.screenshot({ path: join(screenshots, `${name}-${kind}.png`), fullPage: true });
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.emulateMedia({ colorScheme: "light" });
  const light = await background();
  await picture("light");
  await page.emulateMedia({ colorScheme: "dark" });
  if ((await background()) === light) fault("the dark page is as light as the light one");
  await picture("dark");
  await page.emulateMedia({ colorScheme: "dark", media: "print" });
  const paper = (await background()).match(/[\d.]+/g).map(Number);
  if (paper.length === 3 && Math.min(...paper) < 240) fault(`printed on ${paper}`);
  if ((await page.locator(".tools:visible").count()) > 0) fault("tools of the screen on paper");
  await picture("print");
  const pdf = await page.pdf();
  if (pdf.length < 10_000) fault(`printed in ${pdf.length} bytes`);
  await page.emulateMedia({ colorScheme: "light", media: "screen" });

  await firstScreen(page, fault);
  for (const width of [390, 768, 1280, 1920]) {
    await page.setViewportSize({ width, height: 900 });
    for (const text of await page.evaluate(cutOff)) fault(`at ${width} pixels: ${text}`);
  }
}

/** A desk's first screen has the answer, the cards and the whole chart of sales. */
async function firstScreen(page, fault) {
  await page.setViewportSize({ width: 1280, height: 900 });
  const below = await page.evaluate(() => {
    window.scrollTo(0, 0);
    const parts = ["#answer .summary p", "#answer .figure", "#answer .plot svg"];
    return parts.filter((part) => {
      const found = document.querySelector(part);
      return found && found.getBoundingClientRect().bottom > window.innerHeight;
    });
  });
  for (const part of below) fault(`${part} is below the first screen`);
}

/** In the page: what reaches beyond the screen without a visible way to the rest. */
function cutOff() {
  const faults = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) faults.push(`the page is ${root.scrollWidth - root.clientWidth} too wide`);
  window.dispatchEvent(new Event("resize"));
  for (const table of document.querySelectorAll(".table")) {
    if (table.scrollWidth <= table.clientWidth + 1) continue;
    const hint = table.previousElementSibling?.previousElementSibling;
    const isTold = hint?.classList.contains("swipe") && hint.offsetParent !== null;
    if (table.offsetParent !== null && !isTold) faults.push(`${table.ariaLabel} is cut`);
  }
  for (const picture of document.querySelectorAll(".plot svg")) {
    const { left, right, width } = picture.getBoundingClientRect();
    if (width > 0 && (left < 0 || right > root.clientWidth + 1)) faults.push(`${picture.textContent.slice(0, 40)} is cut`);
  }
  return faults;
}

/** A click on a heading sorts the rows by its column, the next one the other way. */
async function sorts(table, fault) {
  const said = await table.evaluate((table) => {
    const name = table.caption.textContent;
    const rows = () => Array.from(table.tBodies[0].rows);
    const before = rows();
    const heading = table.tHead.rows[0].cells[table.tHead.rows[0].cells.length - 1];
    const at = heading.cellIndex;
    const faults = [];
    const values = () =>
      rows()
        .map((row) => row.cells[at].dataset.v)
        .filter((value) => value !== undefined && value !== "" && !isNaN(value))
        .map(Number);
    const orders = [];
    for (let click = 0; click < 2; click += 1) {
      heading.querySelector("button").click();
      const order = heading.getAttribute("aria-sort");
      orders.push(order);
      const found = values();
      const sign = order === "ascending" ? 1 : -1;
      if (found.some((value, index) => index > 0 && sign * (value - found[index - 1]) < 0))
        faults.push(`${name}: not ${order}`);
    }
    if (orders.slice().sort().join() !== "ascending,descending") faults.push(`${name}: sorted ${orders}`);
    if (rows().length !== before.length || before.some((row) => !row.isConnected))
      faults.push(`${name}: rows were lost`);
    return faults;
  });
  said.forEach(fault);
}

/** The search above a long table leaves the rows that hold the text. */
async function filters(page, fault) {
  const search = page.locator(".tools input[type=search]").filter({ visible: true }).first();
  if ((await search.count()) === 0) return;
  // Tools stand before the frame of their table.
  const rows = search.locator("xpath=ancestor::*[contains(@class,'tools')]/following-sibling::*[1]//tbody/tr");
  const all = await rows.count();
  const wanted = (await rows.nth(1).locator("th,td").first().textContent()).trim();
  await search.fill(wanted);
  const visible = await rows.filter({ visible: true }).allTextContents();
  if (visible.length === 0 || visible.some((row) => !row.toLowerCase().includes(wanted.toLowerCase())))
    fault(`filtered by ${wanted}: ${visible.length} rows`);
  await search.fill("no such text anywhere");
  if ((await rows.filter({ visible: true }).count()) !== 0) fault("a filter that nothing passes leaves rows");
  await search.fill("");
  if ((await rows.filter({ visible: true }).count()) !== all) fault("an empty filter hides rows");
}

/** The button copies the table, columns apart by tabs: a header and every row. */
async function copies(page, fault) {
  await page.evaluate(() => {
    window.copied = [];
    const kept = (text) => {
      window.copied.push(text);
      return Promise.resolve();
    };
    Object.defineProperty(navigator, "clipboard", { value: { writeText: kept }, configurable: true });
  });
  const table = page.locator("section table").filter({ visible: true }).first();
  const tools = table.locator("xpath=ancestor::*[contains(@class,'table')][1]/preceding-sibling::*[1]");
  await tools.locator("button").click();
  const copied = await page.evaluate(() => window.copied);
  const rows = await table.locator("tbody tr").count();
  const columns = await table.locator("thead th").count();
  const lines = (copied[0] ?? "").trimEnd().split("\n");
  if (copied.length !== 1 || lines.length !== rows + 1) fault(`copied ${lines.length} lines of ${rows} rows`);
  if (lines[0].split("\t").length < columns) fault(`copied the header ${lines[0]}`);
}

/** axe-core finds no serious or critical fault, in the light or in the dark. */
async function accessible(page, fault) {
  await page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));
  await page.addScriptTag({ path: axe });
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
    for (const violation of found.violations) {
      if (!["serious", "critical"].includes(violation.impact)) continue;
      const where = violation.nodes.slice(0, 3).map((node) => node.target.join(" ")).join("; ");
      fault(`axe, ${colorScheme}: ${violation.id} (${violation.impact}): ${violation.help}: ${where}`);
    }
  }
}
