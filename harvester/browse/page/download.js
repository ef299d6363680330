// Rows into a file: a form, so that the browser writes them to the disk as they come.

import { h } from "./dom.js";

/** Buttons that download all rows of a selection or of a statement. */
export function downloads(asked, more = null) {
  const button = (format, title) => h("button", { name: "format", value: format, id: `download-${format}` }, title);
  return h("form", { method: "post", action: "download", target: "_blank", class: "downloads" },
    h("span", {}, "Download all of these rows: "),
    h("input", { type: "hidden", name: "asked", value: JSON.stringify(asked) }),
    button("csv", "CSV"), button("parquet", "Parquet"), more);
}
