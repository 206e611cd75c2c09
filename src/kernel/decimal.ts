const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,3}))?$/i;

/**
 * A decimal number with its point moved by `places` (to the right; negative ones to the left), as text and exact: no digit is
 * rounded and none is lost. `"123.78912"` moved by -2 is `"1.2378912"`, `186` is `"1.86"`. Null for what is no decimal number.
 */
export function movePoint(value: unknown, places: number): string | null {
  const match = DECIMAL.exec(typeof value === "number" ? String(value) : typeof value === "string" ? value : "");
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match ?? [];
  if (whole === "" && fraction === "") return null;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent) + places;
  const left = digits
    .slice(0, Math.max(point, 0))
    .padEnd(point, "0")
    .replace(/^0+(?=\d)/, "");
  const right = digits.slice(Math.max(point, 0)).padStart(point < 0 ? digits.length - point : 0, "0");
  return `${sign === "-" ? "-" : ""}${left === "" ? "0" : left}${right === "" ? "" : `.${right}`}`;
}
