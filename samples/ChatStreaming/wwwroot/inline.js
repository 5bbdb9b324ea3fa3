// The text inside a block of Markdown: emphasis, code, links.

const maxDepth = 6; // Of marks inside each other: stops hostile nesting from exhausting the stack.

const special = /\\(?=[!-/:-@[-`{-~])|`+|\*{1,2}|_{1,2}|\[|https?:\/\/| {2}\n|\\\n/g;
const address = /https?:\/\/[^\s<>"'`*()[\]]+/y;
const wordCharacter = /[\p{L}\p{N}]/u;

/** Appends text with its marks turned into nodes. A mark without a partner is remembered and not looked for again. */
export function inline(parent, text, { open = false, depth = 0, isLink = false } = {}) {
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

export function element(tag, ...content) {
  const node = document.createElement(tag);
  node.append(...content);
  return node;
}
