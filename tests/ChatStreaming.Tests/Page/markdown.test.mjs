import assert from "node:assert/strict";
import { test } from "node:test";
import { element } from "./fakeDom.mjs";
import { render } from "../../../samples/ChatStreaming/wwwroot/markdown.js";

function show(text, options) {
  const container = element("div");
  render(container, text, options);
  return container.inner;
}

const cases = {
  "paragraphs": ["a\nb\n\nc", "<p>a\nb</p><p>c</p>"],
  "a hard line break": ["a  \nb\\\nc", "<p>a<br></br>b<br></br>c</p>"],
  "strong, emphasis and code": ["**a** *b* `c` __d__ _e_", "<p><strong>a</strong> <em>b</em> <code>c</code> <strong>d</strong> <em>e</em></p>"],
  "marks inside marks": ["**a *b* `c`** ***d***", "<p><strong>a <em>b</em> <code>c</code></strong> <strong><em>d</em></strong></p>"],
  "code keeps marks": ["`**a** <b>`", "<p><code>**a** &lt;b></code></p>"],
  "code with backticks": ["`` a`b ``", "<p><code>a`b</code></p>"],
  "names with underscores": ["snake_case_name and __init__", "<p>snake_case_name and <strong>init</strong></p>"],
  "stars that multiply": ["2 * 3 * 4", "<p>2 * 3 * 4</p>"],
  "marks without partner": ["**a *b `c [d", "<p>**a *b `c [d</p>"],
  "escapes": ["\\*a\\* \\# \\<b>", "<p>*a* # &lt;b></p>"],
  "headings below the page's own": ["# A\n### B ###\n###### C\n#D", "<h3>A</h3><h5>B</h5><h6>C</h6><p>#D</p>"],
  "a code block": ["```csharp\nvar a = 1;\n\n# b\n```\nc", "<pre><code>var a = 1;\n\n# b</code></pre><p>c</p>"],
  "a code block with tildes": ["~~~\n```\n~~~", "<pre><code>```</code></pre>"],
  "lists": ["- a\n- b\n\n1. c\n2. d", "<ul><li>a</li><li>b</li></ul><ol><li>c</li><li>d</li></ol>"],
  "a list that starts later": ["3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'],
  "lists in lists": ["- a\n  - b\n    continued\n- c", "<ul><li>a<ul><li>b\ncontinued</li></ul></li><li>c</li></ul>"],
  "lists in lists, indented as some models do": ["1. a\n    - b\n\n2. c\n   - d", "<ol><li>a<ul><li>b</li></ul></li><li>c<ul><li>d</li></ul></li></ol>"],
  "an item with a code block": ["1. a\n   ```\n   b\n     c\n   ```\n2. d", "<ol><li>a<pre><code>b\n  c</code></pre></li><li>d</li></ol>"],
  "a loose list": ["- a\n\n- b\n\nc", "<ul><li>a</li><li>b</li></ul><p>c</p>"],
  "a quote": ["> a\n> - b\n\nc", "<blockquote><p>a</p><ul><li>b</li></ul></blockquote><p>c</p>"],
  "a rule": ["a\n\n---\n\nb", "<p>a</p><hr></hr><p>b</p>"],
  "a table": [
    "| a | `b` |\n|---|:-:|\n| c \\| d | |\n| e |",
    "<div><table><thead><tr><th>a</th><th><code>b</code></th></tr></thead>"
      + "<tbody><tr><td>c | d</td><td></td></tr><tr><td>e</td><td></td></tr></tbody></table></div>",
  ],
  "web links": [
    "[a **b**](https://example.com/x) http://example.com/a_b_c.",
    '<p><a href="https://example.com/x">a <strong>b</strong></a> <a href="http://example.com/a_b_c">http://example.com/a_b_c</a>.</p>',
  ],
  "an address as its own label": ["[https://a.example](https://b.example)", '<p><a href="https://b.example/">https://a.example</a></p>'],
  "other links as text": ["[a](#b) [c](docs/d.md) [e](mailto:f@example.com)", "<p><span>a</span> <span>c</span> <span>e</span></p>"],
  "CRLF": ["# a\r\n\r\nb", "<h3>a</h3><p>b</p>"],
};

for (const [name, [markdown, expected]] of Object.entries(cases)) {
  test(`Shows ${name}`, () => assert.equal(show(markdown), expected));
}

const hostile = [
  "<img src=x onerror=alert(1)>",
  "<script>alert(1)</script>",
  "```html\n<script>alert(1)</script>\n```",
  "[a](javascript:alert(1))",
  "[a](JaVaScRiPt:alert(1))",
  "[a](java\tscript:alert(1))",
  "[a]( javascript:alert(1) )",
  "[a](data:text/html,<script>alert(1)</script>)",
  "[a](//evil.example)",
  "[a](https://)",
  "![a](https://evil.example/pixel)",
  "[<img src=x>](https://a.example\"onmouseover=alert(1))",
];

for (const markdown of hostile) {
  test(`Keeps inert: ${JSON.stringify(markdown)}`, () => {
    const html = show(markdown);
    assert.doesNotMatch(html, /<(?!\/?(?:p|span|code|pre|a)\b)/);
    assert.doesNotMatch(html, /href="(?!https?:\/\/)/);
    assert.doesNotMatch(html, /<a href="[^"]*"[^>]/);
  });
}

test("No text can freeze the page", () => {
  const size = 30_000;
  const patterns = [
    "*", "**", "_", "`", "``` ", "[", "](", "[](", "[a](", "\\", "> ", "- ", "  ", "|", "| ", "#", "# ", "*a ", "**a ", "_a ", "`a ", "a*", "*a*b",
    "~", "-", ":-", "http://", "https://a.", "\n> ", "\n- ", "\n  - ", "\n|a|\n|-|", "1. ", "a\n", "*a _b ", "**a *b ", "[*a ", "\u2028",
  ];
  for (const pattern of patterns) {
    for (const suffix of ["", "x`", "\u2028"]) {
      for (const prefix of ["", "# ", "```", "http://a"]) {
        const text = prefix + pattern.repeat(size / pattern.length) + suffix;
        const before = process.cpuUsage(); // Not the clock: a busy machine would slow it, but not this.
        show(text, { open: suffix === "" });
        const took = process.cpuUsage(before).user / 1_000;
        assert.ok(took < 1_000, `${JSON.stringify(prefix)} + ${size} characters of ${JSON.stringify(pattern)} + ${JSON.stringify(suffix)} took ${took} ms of processor time`);
      }
    }
  }
});

test("While the text grows, an open mark already counts", () => {
  assert.equal(show("a **b", { open: true }), "<p>a <strong>b</strong></p>");
  assert.equal(show("a `b", { open: true }), "<p>a <code>b</code></p>");
  assert.equal(show("a **b", { open: false }), "<p>a **b</p>");
  assert.equal(show("**a\n\nb **c", { open: true }), "<p>**a</p><p>b <strong>c</strong></p>");
});

test("A text that grew keeps the nodes of what did not change", () => {
  const container = element("div");
  render(container, "a\n\n```\nb", { open: true });
  const [first, second] = container.children;
  render(container, "a\n\n```\nb\nc\n```\n\nd", { open: false });
  assert.equal(container.children[0], first);
  assert.notEqual(container.children[1], second);
  assert.equal(container.inner, "<p>a</p><pre><code>b\nc</code></pre><p>d</p>");
});

test("Growing letter by letter ends where the whole text does", () => {
  const text = Object.values(cases).map(([markdown]) => markdown).join("\n\n");
  const container = element("div");
  for (let i = 1; i <= text.length; i++) {
    render(container, text.slice(0, i), { open: true });
  }
  render(container, text, { open: false });
  assert.equal(container.inner, show(text));
});
