// The search box, and filters one can see and take away again.

import { h } from "./dom.js";
import { filtersOf, filtersText, go, linkHere } from "./place.js";

const WITHOUT_VALUE = ["is empty", "is not empty"];

export function filterBar(about, table, params) {
  return h("div", { class: "filters" }, searchForm(params), addForm(about, table, params), chips(params));
}

function searchForm(params) {
  const input = h("input", { type: "search", id: "search", "aria-label": "Search these columns",
    placeholder: "Search these columns", value: params.get("search") ?? "" });
  const submit = (event) => {
    event.preventDefault();
    go(linkHere({ search: input.value, from: "" }));
  };
  return h("form", { role: "search", onsubmit: submit }, input, h("button", { id: "find" }, "Search"));
}

function addForm(about, table, params) {
  const options = (names) => names.map((name) => h("option", {}, name));
  const column = h("select", { id: "filter-column", "aria-label": "Column" }, options(table.columns.map((one) => one.name)));
  const operator = h("select", { id: "filter-operator", "aria-label": "Condition" }, options(about.operators));
  const value = h("input", { id: "filter-value", "aria-label": "Value", placeholder: "Value" });
  operator.addEventListener("change", () => { value.hidden = WITHOUT_VALUE.includes(operator.value); });
  const submit = (event) => {
    event.preventDefault();
    const filter = { column: column.value, operator: operator.value, value: value.hidden ? "" : value.value };
    go(linkHere({ filters: filtersText([...filtersOf(params), filter]), from: "" }));
  };
  return h("form", { "aria-label": "Add a filter", onsubmit: submit }, column, operator, value,
    h("button", { id: "add-filter" }, "Filter"));
}

function chips(params) {
  const filters = filtersOf(params);
  if (!filters.length) return null;
  return h("ul", { class: "chips", "aria-label": "Filters" }, filters.map((filter, number) => {
    const text = `${filter.column} ${filter.operator} ${filter.value ?? ""}`.trim();
    const rest = filters.filter((_, other) => other !== number);
    return h("li", {}, text, h("button", { type: "button", "aria-label": `Remove the filter ${text}`,
      onclick: () => go(linkHere({ filters: filtersText(rest), from: "" })) }, "×"));
  }));
}
