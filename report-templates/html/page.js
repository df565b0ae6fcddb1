"use strict";
// The page reads well without this. It sorts tables, filters long ones, copies commands and opens evidence for print.
(() => {
  const all = (root, selector) => Array.from(root.querySelectorAll(selector));

  const make = (tag, className, text) => {
    const node = document.createElement(tag);
    node.className = className;
    node.textContent = text;
    return node;
  };

  // A cell's figure where it has one, else its text; nothing where it is not known.
  const key = (row, column) => {
    const cell = row.cells[column];
    if (!cell || cell.classList.contains("absent")) return null;
    return cell.dataset.v === undefined ? cell.textContent : Number(cell.dataset.v);
  };

  // What is not known stays last in either direction.
  const compare = (a, b, sign) => {
    if (a === null || b === null) return (a === null) - (b === null);
    return sign * (typeof a === "number" ? a - b : a.localeCompare(b, "en", { numeric: true }));
  };

  // Figures begin with the greatest, words with the first.
  const direction = (head) => {
    const now = head.getAttribute("aria-sort");
    if (now) return now === "descending" ? 1 : -1;
    return head.classList.contains("n") ? -1 : 1;
  };

  const sort = (table, head, column) => {
    const sign = direction(head);
    all(table, "th[aria-sort]").forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
    const body = table.tBodies[0];
    const rows = Array.from(body.rows, (row, at) => ({ row, at, key: key(row, column) }));
    rows.sort((a, b) => compare(a.key, b.key, sign) || a.at - b.at);
    body.append(...rows.map(({ row }) => row));
  };

  const sortable = (table) => {
    if (!table.tBodies[0] || table.tBodies[0].rows.length < 2) return;
    all(table, "thead th").forEach((head, column) => {
      const button = make("button", "sort", head.textContent);
      button.type = "button";
      button.addEventListener("click", () => sort(table, head, column));
      head.replaceChildren(button);
    });
  };

  const filter = (box) => {
    const rows = all(box, "tbody tr");
    const input = make("input", "filter", "");
    input.type = "search";
    input.placeholder = `Filter ${rows.length} rows`;
    input.setAttribute("aria-label", "Filter the rows");
    input.addEventListener("input", () => {
      const wanted = input.value.trim().toLowerCase();
      rows.forEach((row) => {
        row.hidden = !row.textContent.toLowerCase().includes(wanted);
      });
    });
    box.before(input);
  };

  const copyable = (command) => {
    const button = make("button", "copy", "Copy");
    button.type = "button";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(command.querySelector("code").textContent);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    command.append(button);
  };

  all(document, ".box table").forEach(sortable);
  all(document, ".box.long").forEach(filter);
  if (navigator.clipboard) all(document, ".command").forEach(copyable);
  addEventListener("beforeprint", () => all(document, "details").forEach((part) => { part.open = true; }));
})();
