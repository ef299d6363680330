// The address behind the # says what is shown, so that it can be kept, shared and gone back to.

/** What the address asks for: a view, its subject, and the rest. */
export function place() {
  const [path, rest = ""] = location.hash.replace(/^#/, "").split(/\?(.*)/s);
  const [view = "", subject = ""] = path.split("/").map(decodeURIComponent);
  return { view, subject, params: new URLSearchParams(rest) };
}

/** The address of a view. */
export function link(view, subject = "", params = {}) {
  const told = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== "" && value !== null && value !== undefined && value !== false) told.set(name, value);
  }
  const path = subject ? `${view}/${encodeURIComponent(subject)}` : view;
  const rest = told.toString();
  return `#${path}${rest ? `?${rest}` : ""}`;
}

/** The same address with something else in it. */
export function linkHere(changes) {
  const { view, subject, params } = place();
  return link(view, subject, { ...Object.fromEntries(params), ...changes });
}

/** Goes there. */
export function go(address) {
  location.hash = address;
}

/** The filters that an address holds; one that somebody has damaged holds none. */
export function filtersOf(params) {
  try {
    const filters = JSON.parse(params.get("filters") ?? "[]");
    return Array.isArray(filters) ? filters : [];
  } catch {
    return [];
  }
}

/** Filters as they stand in an address. */
export function filtersText(filters) {
  return filters.length ? JSON.stringify(filters) : "";
}

/** What of a table an address selects, as the program is asked. */
export function selected(params) {
  const columns = params.get("columns");
  return {
    search: params.get("search") ?? "",
    filters: filtersOf(params),
    sort: params.get("sort") ?? "",
    descending: params.get("way") === "down",
    ...(columns ? { columns: columns.split(",") } : {}),
  };
}
