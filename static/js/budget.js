// The table in which a budget is written: Enter goes to the line below, a pasted column fills the lines, an amount can be
// repeated to the right. Without this file the table is a plain form.
"use strict";

(() => {
  const table = document.querySelector("[data-sheet]");
  if (!table) return;

  const lines = (within) => Array.from(within.querySelectorAll("tr[data-line]"));
  // The fields of a line in the order they are read; what stands in the same place below has the same number.
  const fields = (line) => Array.from(line.querySelectorAll("input:not([type=hidden])"));
  const place = (field) => {
    const line = field.closest("tr[data-line]");
    return line ? { line, column: fields(line).indexOf(field) } : null;
  };
  const announce = (text) => {
    const region = document.getElementById("announcer");
    region.textContent = "";
    window.setTimeout(() => { region.textContent = text; }, 50);
  };
  const goTo = (field) => {
    field.focus();
    if (field.select && field.type !== "checkbox") field.select();
  };

  // --- Enter and the arrows up and down ---------------------------------------------------------------------------------
  // Lines under another heading may have fewer fields in front, so the place is counted from the right, where the amounts are.
  const vertical = (field, step) => {
    const at = place(field);
    const all = lines(table);
    const next = all[all.indexOf(at.line) + step];
    if (!next) return null;
    const here = fields(at.line);
    const there = fields(next);
    if (field.classList.contains("mk-sheet__amount")) return there[there.length - (here.length - at.column)];
    return there.find((other) => other.name.split("-").pop() === field.name.split("-").pop()) || there[0];
  };

  table.addEventListener("keydown", (event) => {
    const field = event.target;
    if (!field.matches("tr[data-line] input") || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { Enter: event.shiftKey ? -1 : 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const target = vertical(field, step);
    if (target) goTo(target);
  });

  // --- Paste from a spreadsheet: columns by tab, lines by line break ------------------------------------------------------
  const yes = (text) => /^(ja|j|x|1|true|sand)$/i.test(text.trim());
  const put = (field, text) => {
    if (field.type === "checkbox") field.checked = yes(text);
    else field.value = text.trim();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };

  table.addEventListener("paste", (event) => {
    const field = event.target;
    const text = event.clipboardData.getData("text/plain").replace(/\r\n?/g, "\n").replace(/\n$/, "");
    if (!field.matches("tr[data-line] input") || !/[\n\t]/.test(text)) return;
    event.preventDefault();
    const at = place(field);
    const part = lines(at.line.closest("tbody"));
    const first = part.indexOf(at.line);
    let left = 0;
    text.split("\n").forEach((row, down) => {
      const line = part[first + down];
      if (!line) {
        left += 1;
        return;
      }
      const places = fields(line);
      row.split("\t").forEach((value, across) => {
        const cell = places[at.column + across];
        if (cell) put(cell, value);
      });
    });
    if (left) announce(table.dataset.noRoom);
  });

  // --- Same amount in the following months ---------------------------------------------------------------------------------
  const button = document.createElement("button");
  button.type = "button";
  button.className = "mk-sheet__fill";
  button.textContent = "→";
  button.title = table.dataset.fill;
  button.setAttribute("aria-label", table.dataset.fill);
  let source = null;

  table.addEventListener("focusin", (event) => {
    const field = event.target;
    if (!field.matches(".mk-sheet__amount")) return;
    const amounts = fields(field.closest("tr[data-line]")).filter((other) => other.matches(".mk-sheet__amount"));
    if (amounts.indexOf(field) === amounts.length - 1) {
      button.remove();
      return;
    }
    source = field;
    field.after(button);
  });

  button.addEventListener("click", () => {
    if (!source) return;
    const amounts = fields(source.closest("tr[data-line]")).filter((other) => other.matches(".mk-sheet__amount"));
    amounts.slice(amounts.indexOf(source) + 1).forEach((field) => put(field, source.value));
    goTo(source);
    announce(table.dataset.filled);
  });
})();
