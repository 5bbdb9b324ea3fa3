// A subset of Markdown, built from DOM nodes. No string ever becomes markup, so whatever a model writes stays text.
// This file knows blocks; what is inside a block is the work of inline.js.

import { element, inline } from "./inline.js";

const maxDepth = 6; // Of lists and quotes inside each other: stops hostile nesting from exhausting the stack.
const rendered = new WeakMap(); // container → the blocks it shows

/**
 * Shows Markdown in a container. Called again with a longer text, it keeps the blocks that did not change, so a selection survives.
 * While the text is open (still growing), a mark that has no partner yet already counts.
 */
export function render(container, text, { open = false } = {}) {
  const before = rendered.get(container) ?? [];
  const after = parse(text.split(/\r\n|\r|\n/), 0);
  const last = after.length - 1;
  let same = 0;
  after.forEach((block, index) => {
    block.key = `${block.kind} ${open && index === last} ${block.lines.join("\n")}`;
    if (same === index && before[index]?.key === block.key) {
      block.node = before[index].node;
      same++;
    }
  });
  for (const block of before.slice(same)) {
    block.node.remove();
  }
  for (const [index, block] of after.entries()) {
    if (index >= same) {
      block.node = build(block, open && index === last);
      container.append(block.node);
    }
  }
  rendered.set(container, after);
}

// --- Blocks ---

// No pattern here can be made to try the same text twice: a model must not be able to freeze the page either.
const fence = /^ {0,3}(`{3,}|~{3,}(?!~))([^`]*)$/;
const heading = /^ {0,3}(#{1,6})(?=\s)/;
const rule = /^ {0,3}(?:(?:-\s*){3,}|(?:\*\s*){3,}|(?:_\s*){3,})$/;
const quote = /^ {0,3}> ?/;
const item = /^( {0,3})([-*+]|\d{1,9}[.)])(\s+)(?=\S)/;

/** Splits lines into blocks: { kind, lines, … }. */
function parse(lines, depth) {
  const blocks = [];
  let at = 0;
  while (at < lines.length) {
    if (lines[at].trim() === "") {
      at++;
      continue;
    }
    const block = blockAt(lines, at, depth);
    at += block.length;
    block.lines = lines.slice(at - block.length, at);
    blocks.push(block);
  }
  return blocks;
}

function blockAt(lines, at, depth) {
  const line = lines[at];
  const opening = fence.exec(line);
  if (opening) {
    return codeAt(lines, at, opening);
  }
  const title = heading.exec(line);
  if (title) {
    const text = line.slice(title[0].length).trim().replace(/ #+$/, "");
    return { kind: "heading", length: 1, level: title[1].length, text };
  }
  if (rule.test(line)) {
    return { kind: "rule", length: 1 };
  }
  if (quote.test(line) && depth < maxDepth) {
    return quoteAt(lines, at, depth);
  }
  if (item.test(line) && depth < maxDepth) {
    return listAt(lines, at, depth);
  }
  if (line.includes("|") && cells(lines[at + 1] ?? "").every((cell) => /^:?-+:?$/.test(cell))) {
    return tableAt(lines, at);
  }
  return paragraphAt(lines, at, depth);
}

function codeAt(lines, at, [, mark, info]) {
  let end = at + 1;
  while (end < lines.length && !(lines[end].trim().startsWith(mark) && lines[end].trim().replaceAll(mark[0], "") === "")) {
    end++;
  }
  // A block that is not closed reaches to the end: while it streams, most are.
  const language = info.trim().split(/\s/)[0];
  return { kind: "code", length: Math.min(end + 1, lines.length) - at, language, text: lines.slice(at + 1, end).join("\n") };
}

function quoteAt(lines, at, depth) {
  let end = at;
  while (end < lines.length && quote.test(lines[end])) {
    end++;
  }
  const inner = lines.slice(at, end).map((line) => line.replace(quote, ""));
  return { kind: "quote", length: end - at, blocks: parse(inner, depth + 1) };
}

function listAt(lines, at, depth) {
  const first = item.exec(lines[at])[2];
  const isOrdered = /\d/.test(first);
  const items = [];
  let end = at;
  for (; end < lines.length; end++) {
    const line = lines[end];
    const indent = items.at(-1)?.indent ?? Infinity;
    const marker = item.exec(line);
    if (marker && marker[1].length < indent && /\d/.test(marker[2]) === isOrdered && !rule.test(line)) {
      items.push({ indent: marker[0].length, lines: [line.slice(marker[0].length)] });
    } else if (line.trim() === "" ? continuesAfterBlank(lines, end) : line.startsWith("  ") || !interrupts(line)) {
      // A line below an item belongs to it, and its indent is the item's own.
      items.at(-1).lines.push(dedent(line, indent));
    } else {
      break;
    }
  }
  return {
    kind: "list", length: end - at, isOrdered, start: isOrdered ? parseInt(first, 10) : 1,
    items: items.map(({ lines: inner }) => parse(inner, depth + 1)),
  };
}

function continuesAfterBlank(lines, at) {
  const next = lines[at + 1]?.trim() === "" ? lines[at + 2] : lines[at + 1];
  return next !== undefined && (item.test(next) || (next.startsWith("  ") && next.trim() !== ""));
}

/** Whether a line begins a block of its own although no blank line stands before it. */
function interrupts(line) {
  return fence.test(line) || heading.test(line) || rule.test(line) || quote.test(line) || item.test(line);
}

function dedent(line, indent) {
  return line.slice(Math.min(Math.max(line.search(/\S/), 0), indent));
}

function tableAt(lines, at) {
  let end = at + 2;
  while (end < lines.length && lines[end].includes("|")) {
    end++;
  }
  return { kind: "table", length: end - at, header: cells(lines[at]), rows: lines.slice(at + 2, end).map(cells) };
}

function cells(line) {
  return line.trim().replace(/^\||(?<!\\)\|$/g, "").split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
}

function paragraphAt(lines, at, depth) {
  let end = at + 1;
  while (end < lines.length && lines[end].trim() !== "" && !(interrupts(lines[end]) && depth < maxDepth)) {
    end++;
  }
  return { kind: "paragraph", length: end - at, text: lines.slice(at, end).join("\n") };
}

// --- Nodes ---

function build(block, open) {
  switch (block.kind) {
    case "heading":
      // The page owns h1 and h2.
      return inline(element(`h${Math.min(block.level + 2, 6)}`), block.text, { open });
    case "code":
      return code(block);
    case "rule":
      return element("hr");
    case "quote":
      return element("blockquote", ...children(block.blocks, open));
    case "list":
      return list(block, open);
    case "table":
      return table(block);
    default:
      return inline(element("p"), block.text, { open });
  }
}

function children(blocks, open) {
  return blocks.map((block, index) => build(block, open && index === blocks.length - 1));
}

function list({ isOrdered, start, items }, open) {
  const node = element(isOrdered ? "ol" : "ul");
  if (start !== 1) {
    node.start = start;
  }
  items.forEach((blocks, index) => {
    const isOpen = open && index === items.length - 1;
    const [first, ...rest] = blocks;
    // A tight item reads as text, not as a paragraph of its own.
    const li = first?.kind === "paragraph"
      ? inline(element("li"), first.text, { open: isOpen && rest.length === 0 })
      : element("li", ...children(first ? [first] : [], isOpen && rest.length === 0));
    li.append(...children(rest, isOpen));
    node.append(li);
  });
  return node;
}

function code({ language, text }) {
  const node = element("pre", element("code", text));
  node.tabIndex = 0; // A long line scrolls, and scrolling needs the keyboard too.
  if (language) {
    node.dataset.language = language;
  }
  return node;
}

function table({ header, rows }) {
  const row = (tag, values) => element("tr", ...header.map((_, column) => inline(element(tag), values[column] ?? "")));
  const node = element("table", element("thead", row("th", header)), element("tbody", ...rows.map((values) => row("td", values))));
  const frame = element("div", node);
  frame.className = "table";
  frame.tabIndex = 0;
  return frame;
}
