// A subset of Markdown, built from DOM nodes. No string ever becomes markup, so whatever a model writes stays text.

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

function element(tag, ...content) {
  const node = document.createElement(tag);
  node.append(...content);
  return node;
}

// --- Text inside a block ---

const special = /\\(?=[!-/:-@[-`{-~])|`+|\*{1,2}|_{1,2}|\[|https?:\/\/| {2}\n|\\\n/g;
const address = /https?:\/\/[^\s<>"'`*()[\]]+/y;
const wordCharacter = /[\p{L}\p{N}]/u;

/** Appends text with its marks turned into nodes. A mark without a partner is remembered and not looked for again. */
function inline(parent, text, { open = false, depth = 0, isLink = false } = {}) {
  const context = { open, depth, isLink, unpaired: new Set() };
  let done = 0; // Up to here the text is in the document,
  let at = 0; //   and up to here it has been looked at.
  for (;;) {
    special.lastIndex = at;
    const mark = depth < maxDepth ? special.exec(text) : null;
    if (!mark) {
      break;
    }
    const found = markAt(text, mark[0], mark.index, context);
    if (found) {
      appendText(parent, text.slice(done, mark.index));
      parent.append(found.node);
      done = found.end;
    }
    at = found ? found.end : mark.index + mark[0].length;
  }
  appendText(parent, text.slice(done));
  return parent;
}

function appendText(parent, text) {
  if (text !== "") {
    parent.append(text);
  }
}

/** The node for the mark at a position and where it ends, or null where the mark is just text. */
function markAt(text, mark, at, context) {
  if (mark.endsWith("\n")) {
    return { node: element("br"), end: at + mark.length };
  }
  switch (mark[0]) {
    case "\\":
      return { node: text[at + 1], end: at + 2 };
    case "`":
      return codeSpan(text, mark, at, context);
    case "[":
      return labelledLink(text, at, context);
    case "h":
      return bareLink(text, at, context);
    default:
      return emphasis(text, mark, at, context);
  }
}

function codeSpan(text, mark, at, { open, unpaired }) {
  const start = at + mark.length;
  const end = closing(text, mark, start, unpaired, (i) => text[i - 1] !== "`" && text[i + mark.length] !== "`");
  if (end < 0 && !(open && start < text.length)) {
    return null;
  }
  const content = text.slice(start, end < 0 ? text.length : end).replaceAll("\n", " ");
  const isPadded = content.startsWith(" ") && content.endsWith(" ") && content.trim() !== "";
  return { node: element("code", isPadded ? content.slice(1, -1) : content), end: end < 0 ? text.length : end + mark.length };
}

function emphasis(text, mark, at, { open, depth, isLink, unpaired }) {
  const start = at + mark.length;
  // snake_case_names are words, not emphasis.
  if (start === text.length || /\s/.test(text[start]) || (mark[0] === "_" && wordCharacter.test(text[at - 1] ?? ""))) {
    return null;
  }
  let end = closing(text, mark, start + 1, unpaired, (i) =>
    !/[\s\\]/.test(text[i - 1]) && text[i - 1] !== mark[0] && (mark.length === 2 || text[i + 1] !== mark[0])
    && (mark[0] !== "_" || !wordCharacter.test(text[i + mark.length] ?? "")));
  if (end < 0 && !open) {
    return null;
  }
  while (end >= 0 && text[end + mark.length] === mark[0]) {
    end++; // Of three stars in a row the last two close the strong text around the emphasis.
  }
  const node = element(mark.length === 2 ? "strong" : "em");
  inline(node, text.slice(start, end < 0 ? text.length : end), { open: end < 0, depth: depth + 1, isLink });
  return { node, end: end < 0 ? text.length : end + mark.length };
}

function labelledLink(text, at, { depth, isLink, unpaired }) {
  const middle = closing(text, "](", at + 1, unpaired, () => true);
  const end = middle < 0 ? -1 : closing(text, ")", middle + 2, unpaired, () => true);
  if (end < 0) {
    unpaired.add("](");
    return null;
  }
  const target = text.slice(middle + 2, end).trim().split(/\s/)[0];
  const node = (!isLink && link(target)) || element("span");
  inline(node, text.slice(at + 1, middle), { depth: depth + 1, isLink: true });
  return { node, end: end + 1 };
}

function bareLink(text, at, { isLink }) {
  address.lastIndex = at;
  let target = address.exec(text)?.[0] ?? "";
  while (/[.,;:!?]/.test(target.at(-1) ?? "")) {
    target = target.slice(0, -1); // The full stop belongs to the sentence.
  }
  const node = isLink ? null : link(target);
  node?.append(target);
  return node && { node, end: at + target.length };
}

/** A link that opens elsewhere and tells nothing of this page; null for anything but an absolute http or https address. */
function link(target) {
  if (!/^https?:\/\//i.test(target) || !URL.canParse(target)) {
    return null;
  }
  const node = element("a");
  node.href = new URL(target).href;
  node.title = node.href;
  node.target = "_blank";
  node.rel = "noopener noreferrer";
  return node;
}

function closing(text, mark, from, unpaired, isClosing) {
  if (unpaired.has(mark)) {
    return -1;
  }
  for (let i = text.indexOf(mark, from); i >= 0; i = text.indexOf(mark, i + 1)) {
    if (isClosing(i)) {
      return i;
    }
  }
  unpaired.add(mark);
  return -1;
}
