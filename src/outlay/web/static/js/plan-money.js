"use strict";
// Amounts of the plan grid. An amount is a whole number of the currency's smallest unit (BigInt):
// no amount is ever a binary fraction here. Also what a person types and what a spreadsheet copies.
(() => {
  const MOST_DIGITS = 18;
  const MINUS = "\u2212";
  const SPACES = /[\s\u00a0\u202f\u2009\u2007]/g;
  const OF_SYMBOL = { "€": ["EUR"], "£": ["GBP"], "¥": ["JPY", "CNY"], "₹": ["INR"], "₩": ["KRW"] };

  const power = (digits) => 10n ** BigInt(digits);
  const size = (units) => (units < 0n ? -units : units);

  // Half away from nought, as everywhere in this product.
  const divide = (number, by) => {
    const negative = (number < 0n) !== (by < 0n);
    const [top, foot] = [size(number), size(by)];
    const whole = (top * 2n + foot) / (foot * 2n);
    return negative ? -whole : whole;
  };

  // Digits as text to units; `cut` tells that decimals were rounded away.
  const fromDigits = (negative, whole, fraction, digits) => {
    const kept = fraction.slice(0, digits).padEnd(digits, "0");
    const rest = fraction.slice(digits);
    let units = BigInt((whole || "0") + kept);
    if (rest && rest[0] >= "5") units += 1n;
    return { units: negative ? -units : units, cut: /[1-9]/.test(rest) };
  };

  // The server's own text: -1234.56.
  const units = (text, digits) => {
    const [whole, fraction = ""] = text.replace("-", "").split(".");
    return fromDigits(text.startsWith("-"), whole, fraction, digits).units;
  };

  const text = (value, digits) => {
    const all = String(size(value)).padStart(digits + 1, "0");
    const at = all.length - digits;
    return (value < 0n ? "-" : "") + all.slice(0, at) + (digits ? `.${all.slice(at)}` : "");
  };

  const shown = (value, digits) => {
    const [whole, fraction] = text(value, digits).split(".");
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
    return fraction === undefined ? grouped : `${grouped}.${fraction}`;
  };

  const signed = (value, digits) => (value > 0n ? "+" : "") + shown(value, digits);

  const wrong = (why) => ({ wrong: why });

  // One cell's text, as far as it can be told without its neighbours: its sign, its digits, and
  // which of . and , it shows to be the decimal mark ("" where nothing is shown).
  const scan = (given, currency) => {
    let body = given.trim().replace(/^["']|["']$/g, "").trim();
    if (!body) return { blank: true };
    if (/^[-–—−]$/.test(body)) return { zero: true };
    if (!/\d/.test(body)) return wrong("is no amount");
    if (body.includes("%")) return wrong(`is a percentage; amounts are in ${currency}`);
    let negative = false;
    if (/^\(.*\)$/.test(body)) { negative = true; body = body.slice(1, -1).trim(); }
    const code = body.match(/^([A-Za-z]{3})(?=[\s\d(.,+-])|([A-Za-z]{3})$/);
    if (code) {
      const named = (code[1] ?? code[2]).toUpperCase();
      if (named !== currency) return wrong(`is in ${named}; the plan is in ${currency}`);
      body = body.replace(code[0], "").trim();
    }
    const symbol = body.match(/\p{Sc}/u)?.[0];
    if (symbol) {
      if (OF_SYMBOL[symbol] && !OF_SYMBOL[symbol].includes(currency)) {
        return wrong(`is in ${OF_SYMBOL[symbol][0]}; the plan is in ${currency}`);
      }
      body = body.replace(symbol, "").trim();
    }
    if (/^\(.*\)$/.test(body)) { negative = true; body = body.slice(1, -1).trim(); }
    const sign = body.match(/^[-−+]|[-−]$/)?.[0];
    if (sign) {
      if (sign !== "+") negative = !negative;
      body = body.replace(sign, "").trim();
    }
    let spaced = false;
    if (/[\s\u00a0\u202f\u2009\u2007'’]/.test(body)) {
      body = body.replace(SPACES, " ").replace(/[’]/g, "'");
      if (!/^\d{1,3}([ ']\d{3})+([.,]\d+)?$/.test(body)) return wrong("is no amount");
      body = body.replace(/[ ']/g, "");
      spaced = true;
    }
    if (!/^[\d.,]*\d[\d.,]*$/.test(body)) return wrong("is no amount");
    if (body.replace(/\D/g, "").length > MOST_DIGITS) return wrong("has too many digits");
    return { negative, body, ...marks(body, spaced) };
  };

  const marks = (body, spaced) => {
    const dots = body.split(".").length - 1;
    const commas = body.split(",").length - 1;
    if (dots && commas) {
      return { decimal: body.lastIndexOf(".") > body.lastIndexOf(",") ? "." : ",", maybe: "" };
    }
    const mark = dots ? "." : commas ? "," : "";
    if (!mark) return { decimal: "", maybe: "" };
    if (dots + commas > 1) return { decimal: mark === "." ? "," : ".", maybe: "" };
    const [whole, fraction] = body.split(mark);
    const thousands = !spaced && fraction.length === 3 && /^[1-9]\d{0,2}$/.test(whole);
    return thousands ? { decimal: "", maybe: mark } : { decimal: mark, maybe: "" };
  };

  // A scanned cell's units, once the decimal mark is known.
  const taken = (scanned, decimal, digits) => {
    const thousands = decimal === "." ? "," : ".";
    const [head, fraction = "", more] = scanned.body.split(decimal);
    if (more !== undefined) return wrong("has two decimal marks");
    if (head.includes(thousands) && !/^\d{1,3}([.,]\d{2,3})*[.,]\d{3}$/.test(head)) {
      return wrong("has its thousands in no order");
    }
    if (fraction.includes(thousands)) return wrong("has thousands after the decimal mark");
    return fromDigits(scanned.negative, head.split(thousands).join(""), fraction, digits);
  };

  // A block of texts as units. `decimal` tells how it was read, `guessed` that nothing in it showed
  // that, `rounded` and `blanks` count; else `wrong` lists each cell that is no amount, and why.
  const block = (cells, { digits, currency, decimal: told = "" }) => {
    const scanned = cells.map((row) => row.map((cell) => scan(cell, currency)));
    const faults = [];
    const note = (row, column, why) => faults.push({ row, column, text: cells[row][column], why });
    const each = (found, act) => found.forEach((row, r) => row.forEach((one, c) => act(one, r, c)));
    const evidence = { ".": null, ",": null };
    const maybe = { ".": null, ",": null };
    each(scanned, (one, r, c) => {
      if (one.wrong) note(r, c, one.wrong);
      if (one.decimal) evidence[one.decimal] ??= [r, c];
      if (one.maybe) maybe[one.maybe] ??= [r, c];
    });
    if (faults.length) return { wrong: faults };
    const clash = (first, second) => note(...second, `has another decimal mark than “${cells[first[0]][first[1]]}”`);
    if (evidence["."] && evidence[","]) clash(evidence["."], evidence[","]);
    const shows = evidence["."] ? "." : evidence[","] ? "," : "";
    const guess = !shows && (maybe["."] || maybe[","]);
    if (guess && maybe["."] && maybe[","]) clash(maybe[","], maybe["."]);
    if (guess && digits > 2 && !told) note(...guess, "can be read two ways");
    if (faults.length) return { wrong: faults };
    // 1.234 alone: amounts have two decimals at most, so that three digits are thousands.
    const decimal = told || shows || (maybe["."] ? "," : ".");
    let rounded = 0;
    let blanks = 0;
    const values = scanned.map((row, r) => row.map((one, c) => {
      if (one.blank) { blanks += 1; return null; }
      if (one.zero) return 0n;
      if (one.wrong) return null;
      const found = taken(one, decimal, digits);
      if (found.wrong) { note(r, c, found.wrong); return null; }
      if (found.cut) rounded += 1;
      return found.units;
    }));
    return faults.length ? { wrong: faults } : { values, decimal, guessed: Boolean(guess) && !told, rounded, blanks };
  };

  // One amount as it is typed. What may be meant in two ways is refused, since nobody sees it twice.
  const single = (given, { digits, currency }) => {
    const found = scan(given, currency);
    if (found.blank) return wrong("is empty");
    if (found.maybe === ".") {
      const plain = found.body.replace(".", "");
      return wrong(`can be read two ways: type ${plain} or ${found.body}0`);
    }
    const read = block([[given]], { digits, currency });
    return read.wrong ? wrong(read.wrong[0].why) : { units: read.values[0][0] };
  };

  const percent = (given) => {
    const found = given.replace(SPACES, "").replace(MINUS, "-").match(/^([+-])(\d{1,6})(?:[.,](\d{1,6}))?%$/);
    if (!found) return null;
    const [, sign, whole, fraction = ""] = found;
    const of = 100n * power(fraction.length);
    const part = BigInt(whole + fraction);
    return { kind: "scale", by: sign === "-" ? of - part : of + part, of };
  };

  // What is typed into a cell: 1200 or =1200 sets, +1000 and +-1000 add, +5% and -5% scale.
  const entry = (given, options) => {
    const typed = given.trim();
    const scale = percent(typed);
    if (scale) return scale;
    if (typed.endsWith("%")) return wrong(`“${typed}”: a percentage changes the amount, so type +5% or -5%`);
    const relative = typed.startsWith("+");
    const read = single(/^[+=]/.test(typed) ? typed.slice(1) : typed, options);
    if (read.wrong) return wrong(`“${typed}” ${read.wrong}`);
    return { kind: relative ? "add" : "set", units: read.units };
  };

  const apply = (change, units_) => {
    if (change.kind === "set") return change.units;
    if (change.kind === "add") return units_ + change.units;
    return divide(units_ * change.by, change.of);
  };

  // New parts of a new sum: the difference is spread by the size of the parts (evenly where all are
  // nought), to the last unit: the largest remainders take what is left.
  const spread = (parts, sum) => {
    const now = parts.reduce((all, one) => all + one, 0n);
    const difference = sum - now;
    const weights = parts.map(size);
    const all = weights.reduce((some, one) => some + one, 0n);
    const [shares, whole] = all ? [weights, all] : [parts.map(() => 1n), BigInt(parts.length)];
    const step = difference < 0n ? -1n : 1n;
    const exact = shares.map((one) => size(difference) * one);
    const given = exact.map((one) => one / whole);
    let left = size(difference) - given.reduce((some, one) => some + one, 0n);
    const order = exact.map((one, index) => [one % whole, index])
      .sort((a, b) => (a[0] === b[0] ? a[1] - b[1] : a[0] < b[0] ? 1 : -1));
    for (const [, index] of order) {
      if (!left) break;
      given[index] += 1n;
      left -= 1n;
    }
    return parts.map((one, index) => one + step * given[index]);
  };

  // What a spreadsheet puts on the clipboard: cells by tabs, rows by lines, quoted where needed.
  const table = (copied) => {
    const rows = [[]];
    let cell = "";
    let quoted = false;
    const source = copied.replace(/\r\n?/g, "\n").replace(/\n$/, "");
    for (let at = 0; at < source.length; at += 1) {
      const sign = source[at];
      if (quoted && sign === '"' && source[at + 1] === '"') { cell += sign; at += 1; }
      else if (sign === '"' && (quoted || cell === "")) quoted = !quoted;
      else if (!quoted && sign === "\t") { rows.at(-1).push(cell); cell = ""; }
      else if (!quoted && sign === "\n") { rows.at(-1).push(cell); cell = ""; rows.push([]); }
      else cell += sign;
    }
    rows.at(-1).push(cell);
    return rows;
  };

  window.outlayPlan = { money: { units, text, shown, signed, block, entry, apply, spread, table } };
})();
