// As much of a document as the page's scripts touch, so that they run without a browser. Text stays text: markup appears only where a
// script made an element.

class FakeNode {
  parent = null;

  remove() {
    const siblings = this.parent?.children ?? [];
    siblings.splice(siblings.indexOf(this), 1);
    this.parent = null;
  }
}

class FakeText extends FakeNode {
  constructor(text) {
    super();
    this.text = text;
  }

  get textContent() {
    return this.text;
  }

  toString() {
    return this.text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  }
}

class FakeElement extends FakeNode {
  children = [];
  dataset = {};

  constructor(tag) {
    super();
    this.tag = tag;
  }

  append(...nodes) {
    for (const node of nodes.map((node) => (node instanceof FakeNode ? node : new FakeText(String(node))))) {
      node.parent = this;
      this.children.push(node);
    }
  }

  addEventListener() {}

  get textContent() {
    return this.children.map((child) => child.textContent).join("");
  }

  set textContent(text) {
    this.children = [];
    this.append(text);
  }

  get inner() {
    return this.children.join("");
  }

  toString() {
    const attributes = ["href", "start"].filter((name) => this[name] !== undefined).map((name) => ` ${name}="${String(this[name]).replaceAll('"', "&quot;")}"`).join("");
    return `<${this.tag}${attributes}>${this.inner}</${this.tag}>`;
  }
}

globalThis.document = { createElement: (tag) => new FakeElement(tag) };

export function element(tag) {
  return new FakeElement(tag);
}
