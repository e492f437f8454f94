// The interactive view of a report. Everything that was read goes into the page as text, never as markup.
const SEVERITIES = ["critical", "high", "medium", "low", "info"];
const ROW = 28;

function make(name, className, text) {
  const node = document.createElement(name);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function placeOf(location) {
  const parts = [location.path];
  if (location.member) parts.push(location.member);
  if (location.cell) parts.push(`cell ${location.cell}`);
  if (location.part && location.part !== "source") parts.push(location.part);
  return parts.join(" › ") + (location.line ? `:${location.line}` : "");
}

// Which findings are shown, and in which order: no DOM.
function select(findings, wanted) {
  const words = wanted.text.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = findings.filter((f) =>
    wanted.severities.has(f.severity) &&
    (!wanted.scanner || f.scanner === wanted.scanner) &&
    (!wanted.status || f.status === wanted.status) &&
    (!wanted.confidence || f.confidence === wanted.confidence) &&
    words.every((w) => f.haystack.includes(w)));
  const rank = (f) => SEVERITIES.indexOf(f.severity);
  const orders = {
    severity: (a, b) => rank(a) - rank(b) || a.order - b.order,
    place: (a, b) => a.order - b.order,
    rule: (a, b) => a.rule.localeCompare(b.rule) || a.order - b.order,
  };
  shown.sort(orders[wanted.sort]);
  return shown;
}

function grouped(findings, key) {
  if (!key) return findings.map((finding) => ({ finding }));
  const groups = new Map();
  for (const finding of findings) {
    const name = key === "path" ? finding.location.path : finding[key];
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(finding);
  }
  return [...groups].flatMap(([name, items]) => [{ title: `${name} (${items.length})` }, ...items.map((finding) => ({ finding }))]);
}

function choice(label, values, onChange) {
  const node = make("select");
  node.setAttribute("aria-label", label);
  node.append(new Option(`${label}: all`, ""), ...values.map((value) => new Option(value, value)));
  node.addEventListener("change", () => onChange(node.value));
  return node;
}

function overview(report, findings) {
  const box = make("div");
  box.append(make("h3", "", "Severity by scanner"));
  const table = make("table");
  const scanners = [...new Set(findings.map((f) => f.scanner))].sort();
  const head = make("tr");
  head.append(make("th", "", ""), ...scanners.map((name) => make("th", "", name)));
  table.append(head);
  for (const severity of SEVERITIES) {
    const row = make("tr");
    row.append(make("th", `mlsec-sev mlsec-${severity}`, severity));
    for (const scanner of scanners) {
      row.append(make("td", "", findings.filter((f) => f.severity === severity && f.scanner === scanner).length || "·"));
    }
    table.append(row);
  }
  box.append(table, make("h3", "", "Where"));
  const places = new Map();
  for (const f of findings) {
    const name = f.location.path + (f.location.cell ? ` › cell ${f.location.cell}` : "");
    places.set(name, (places.get(name) || 0) + 1);
  }
  const top = [...places].sort((a, b) => b[1] - a[1]).slice(0, 12);
  for (const [name, count] of top) {
    const line = make("div");
    const bar = make("span", "mlsec-bar2");
    bar.style.width = `${(60 * count) / top[0][1]}px`;
    line.append(bar, ` ${count} ${name}`);
    box.append(line);
  }
  if (report.gaps.length) box.append(make("h3", "", `${report.gaps.length} not looked at`));
  for (const gap of report.gaps.slice(0, 50)) box.append(make("div", "", `${placeOf(gap.location)}: ${gap.reason}`));
  return box;
}

function detail(report, f, send) {
  const rule = report.rules[f.rule] || {};
  const box = make("div");
  box.append(make("h3", "", f.title), make("div", `mlsec-sev mlsec-${f.severity}`, `${f.severity}, confidence ${f.confidence}`),
    make("div", "", placeOf(f.location)), make("div", "", f.message), make("pre", "", f.evidence.shown));
  for (const [name, text] of [["Why", rule.why], ["How to mend it", rule.fix]]) {
    if (text) box.append(make("h3", "", name), make("div", "", text));
  }
  if (f.related && f.related.length) {
    box.append(make("h3", "", "Steps"));
    f.related.forEach((step, n) => box.append(make("div", "", `${n + 1}. ${step.message} — ${placeOf(step.location)}`)));
  }
  if (f.details && Object.keys(f.details).length) box.append(make("h3", "", "Details"), make("pre", "", JSON.stringify(f.details, null, 1)));
  if (f.reason) box.append(make("h3", "", f.status), make("div", "", f.reason));
  const reason = make("input");
  reason.placeholder = "reason";
  reason.setAttribute("aria-label", "reason");
  box.append(make("h3", "", "Decide"), reason);
  for (const [action, text] of [["suppress", "Suppress…"], ["accept", "Into the baseline"]]) {
    const button = make("button", "mlsec-chip", text);
    button.addEventListener("click", () => send({ action, reason: reason.value, fingerprints: [f.fingerprint] }));
    box.append(" ", button);
  }
  return box;
}

function render({ model, el }) {
  const report = JSON.parse(model.get("report"));
  report.findings.forEach((f, order) => {
    f.order = order;
    f.haystack = [f.rule, f.title, f.message, placeOf(f.location), f.evidence.shown].join(" ").toLowerCase();
  });
  const wanted = { text: "", severities: new Set(SEVERITIES), sort: "severity", scanner: "", status: "", confidence: "", group: "" };
  const root = make("div", "mlsec");
  const bar = make("div", "mlsec-bar");
  const list = make("div", "mlsec-list");
  const side = make("div", "mlsec-side");
  const count = make("span");
  count.setAttribute("role", "status");
  list.tabIndex = 0;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "findings");
  let rows = [];
  let chosen = -1;

  function draw() {
    const first = Math.max(0, Math.floor(list.scrollTop / ROW) - 5);
    const last = Math.min(rows.length, first + Math.ceil(list.clientHeight / ROW) + 10);
    const space = make("div");
    space.style.height = `${rows.length * ROW}px`;
    const nodes = [];
    for (let n = first; n < last; n += 1) nodes.push(rowNode(rows[n], n));
    list.replaceChildren(space, ...nodes);
  }
  function rowNode(row, n) {
    const node = make("div", "mlsec-row");
    node.style.top = `${n * ROW}px`;
    if (row.title) {
      node.append(make("span", "mlsec-group", row.title));
      return node;
    }
    node.setAttribute("role", "option");
    node.setAttribute("aria-selected", String(n === chosen));
    node.append(make("span", `mlsec-sev mlsec-${row.finding.severity}`, row.finding.severity),
      make("span", "", `${row.finding.title} — ${placeOf(row.finding.location)}`));
    node.addEventListener("click", () => pick(n));
    return node;
  }
  function pick(n) {
    chosen = n;
    const row = rows[n];
    side.replaceChildren(row && row.finding ? detail(report, row.finding, (m) => model.send(m)) : overview(report, report.findings));
    draw();
  }
  function update() {
    const shown = select(report.findings, wanted);
    rows = grouped(shown, wanted.group);
    chosen = -1;
    count.textContent = `${shown.length} of ${report.findings.length}`;
    draw();
  }
  function set(name) {
    return (value) => { wanted[name] = value; update(); };
  }

  for (const severity of SEVERITIES) {
    const chip = make("button", "mlsec-chip", severity);
    chip.setAttribute("aria-pressed", "true");
    chip.addEventListener("click", () => {
      const on = !wanted.severities.has(severity);
      if (on) wanted.severities.add(severity); else wanted.severities.delete(severity);
      chip.setAttribute("aria-pressed", String(on));
      update();
    });
    bar.append(chip);
  }
  const text = make("input");
  text.placeholder = "filter: words in rule, message, path, evidence";
  text.setAttribute("aria-label", "filter");
  text.addEventListener("input", () => set("text")(text.value));
  const values = (key) => [...new Set(report.findings.map((f) => f[key]))].sort();
  const sort = choice("sort", ["severity", "place", "rule"], (v) => set("sort")(v || "severity"));
  bar.append(text, choice("scanner", values("scanner"), set("scanner")), choice("status", values("status"), set("status")),
    choice("confidence", values("confidence"), set("confidence")), choice("group", ["path", "rule", "severity", "scanner"], set("group")), sort, count);
  list.addEventListener("scroll", draw);
  list.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    let n = chosen + step;
    while (rows[n] && rows[n].title) n += step;
    if (!rows[n]) return;
    pick(n);
    if (n * ROW < list.scrollTop || (n + 1) * ROW > list.scrollTop + list.clientHeight) list.scrollTop = n * ROW - list.clientHeight / 2;
  });
  model.on("change:answer", () => {
    const answer = JSON.parse(model.get("answer"));
    if (answer.error) { count.textContent = answer.error; return; }
    for (const f of report.findings) {
      if (answer.fingerprints.includes(f.fingerprint)) { f.status = answer.status; f.reason = answer.reason; }
    }
    if (answer.copy && navigator.clipboard) navigator.clipboard.writeText(answer.copy).catch(() => {});
    if (chosen >= 0) pick(chosen);
    if (answer.copy) count.textContent = `put beside it: ${answer.copy}`;
  });

  const main = make("div", "mlsec-main");
  main.append(list, side);
  root.append(bar, main);
  el.append(root);
  side.replaceChildren(overview(report, report.findings));
  requestAnimationFrame(update);
}

export default { render };
