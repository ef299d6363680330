// Elements out of data. Text becomes text and nothing else: no string is ever read as HTML.

const SVG = "http://www.w3.org/2000/svg";

/** An element; attributes that begin with "on" are listeners, what is null or false is left out. */
export function h(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

/** An element of a drawing. */
export function s(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value);
    }
  }
  element.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** A whole number as people read it. */
export function grouped(number) {
  return Number(number).toLocaleString("en-US");
}

/** A text that holds a number, as people read it; any other text as it is. */
export function figure(text) {
  const number = Number(text);
  const exact = text !== "" && Number.isFinite(number) && Math.abs(number) < Number.MAX_SAFE_INTEGER;
  return exact ? number.toLocaleString("en-US", { maximumSignificantDigits: 15 }) : text;
}

/** A share of all; all and none are said of all and none only. */
export function percent(share) {
  if (share === null) return "";
  if (share === 0 || share === 1) return `${share * 100} %`;
  return `${(Math.min(Math.max(share, 0.001), 0.999) * 100).toFixed(1)} %`;
}

/** Bytes as people read them. */
export function size(bytes) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(bytes || 1) / 3)));
  return `${step ? (bytes / 1000 ** step).toFixed(1) : bytes} ${units[step]}`;
}
