// A histogram as a drawing, with the same figures as a table for who cannot see it.

import { figure, grouped, h, s } from "./dom.js";

const WIDTH = 720;
const HEIGHT = 240;
const LEFT = 8;
const TOP = 22;
const BOTTOM = 26;

export function plot(spread, label) {
  const { rows } = spread;
  const edges = spread.edges.map(figure);
  const most = Math.max(...rows);
  const step = (WIDTH - 2 * LEFT) / rows.length;
  const high = HEIGHT - TOP - BOTTOM;
  const bar = (count, number) => {
    const tall = count ? Math.max(1, (count / most) * high) : 0;
    return s("rect", { x: LEFT + number * step + 0.5, y: TOP + high - tall, width: Math.max(1, step - 1), height: tall },
      s("title", {}, `${edges[number]} to ${edges[number + 1]}: ${grouped(count)} rows`));
  };
  const text = (x, y, anchor, words) => s("text", { x, y, "text-anchor": anchor }, words);
  const middle = Math.floor(edges.length / 2);
  const drawing = s("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label, class: "plot" },
    s("line", { x1: LEFT, x2: WIDTH - LEFT, y1: TOP, y2: TOP }),
    rows.map(bar),
    s("line", { x1: LEFT, x2: WIDTH - LEFT, y1: TOP + high, y2: TOP + high, class: "axis" }),
    text(WIDTH - LEFT, TOP - 6, "end", `${grouped(most)} rows`),
    text(LEFT, HEIGHT - 8, "start", edges[0]),
    rows.length > 3 ? text(LEFT + middle * step, HEIGHT - 8, "middle", edges[middle]) : null,
    text(WIDTH - LEFT, HEIGHT - 8, "end", edges.at(-1)));
  return h("figure", {}, drawing, figuresOf(edges, rows));
}

function figuresOf(edges, rows) {
  return h("details", {}, h("summary", {}, "The same as a table"),
    h("table", { class: "bins" },
      h("thead", {}, h("tr", {}, ["From", "To", "Rows"].map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", {}, rows.map((count, number) => h("tr", {},
        h("td", { class: "number" }, edges[number]),
        h("td", { class: "number" }, edges[number + 1]),
        h("td", { class: "number" }, grouped(count)))))));
}
