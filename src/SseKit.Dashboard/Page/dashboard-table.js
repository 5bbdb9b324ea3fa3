// Tables of names and numbers. Everything that is shown is a name that clients may have chosen: it becomes text, never markup.
export const find = id => document.getElementById(id);
export const numbers = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

export function create(name, properties = {}, ...children) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
}

// A node that is not changed keeps the focus, a selection and a click that has begun.
export function setText(node, text) {
  if (node.textContent !== text) {
    node.textContent = text;
  }
}

export function sizeOf(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  for (; bytes >= 1000 && unit < units.length - 1; unit++) {
    bytes /= 1000;
  }
  return `${numbers.format(bytes)} ${units[unit]}`;
}

export function timeOf(seconds) {
  const parts = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const [size, name] = parts.find(([size]) => seconds >= size) ?? [1, "s"];
  return `${Math.floor(seconds / size)} ${name}`;
}

export const countsOf = rows => rows.map(row => `${row.name} ${numbers.format(row.count)}`).join(", ");

// A table whose rows are updated in place.
export class Table {
  constructor(name, columns, keyOf, empty) {
    this.title = document.querySelector(`#${name}-title small`);
    this.columns = columns;
    this.keyOf = keyOf;
    this.rows = new Map();
    this.body = create("tbody");
    const heads = columns.map(column => create("th", { scope: "col", className: column.className ?? "", textContent: column.label }));
    this.empty = create("tr", {}, create("td", { className: "empty", colSpan: columns.length, textContent: empty }));
    find(name).append(create("thead", {}, create("tr", {}, ...heads)), this.body);
  }

  update({ total, rows }) {
    setText(this.title, total > rows.length ? `${numbers.format(total)}, the first ${rows.length}` : numbers.format(total));
    const before = this.rows;
    this.rows = new Map(rows.map(row => [this.keyOf(row), before.get(this.keyOf(row)) ?? this.createRow()]));
    const wanted = rows.length > 0 ? [...this.rows.values()] : [this.empty];
    const kept = new Set(wanted);
    for (const node of [...this.body.children]) {
      if (!kept.has(node)) {
        node.remove();
      }
    }
    wanted.forEach((node, i) => {
      if (this.body.children[i] !== node) {
        this.body.insertBefore(node, this.body.children[i] ?? null);
      }
    });
    for (const row of rows) {
      this.fill(this.rows.get(this.keyOf(row)), row);
    }
  }

  createRow() {
    const row = create("tr");
    for (const column of this.columns) {
      const cell = row.insertCell();
      cell.className = column.className ?? "";
      if (column.label) {
        cell.dataset.label = column.label;
      }
      if (column.action) {
        const button = create("button", { type: "button", textContent: column.action });
        button.addEventListener("click", () => column.run(row.item, button));
        cell.append(button);
      }
    }
    return row;
  }

  fill(node, row) {
    node.item = row;
    node.className = row.unread === undefined ? "" : "slow";
    this.columns.forEach((column, i) => {
      const cell = node.cells[i];
      if (!column.action) {
        setText(cell, column.text(row));
      } else {
        cell.hidden = !column.isAllowed();
        cell.firstChild.setAttribute("aria-label", `${column.action} ${column.nameOf(row)}`);
      }
    });
  }
}

export const number = (label, text) => ({ label, text, className: "number" });
export const name = (label, text) => ({ label, text, className: "name" });
