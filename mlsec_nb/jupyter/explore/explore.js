// The interactive view of a report; panes.js stands in front of it. Text of strangers is never markup.
const ROW = 28;

// Which findings are shown, and in which order: no DOM.
function select(findings, wanted) {
  const words = wanted.text.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = findings.filter((f) =>
    wanted.severities.has(f.severity) &&
    (!wanted.scanner || f.scanner === wanted.scanner) &&
    (!wanted.rule || f.rule === wanted.rule) &&
    (!wanted.path || f.location.path === wanted.path) &&
    (!wanted.status || f.status === wanted.status) &&
    (!wanted.confidence || f.confidence === wanted.confidence) &&
    (!wanted.cell || f.location.cell === wanted.cell) &&
    words.every((w) => f.haystack.includes(w)));
  const rank = (f) => rankOf(f.severity);
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
  node.append(...(label === "sort" ? [] : [new Option(`${label}: all`, "")]), ...values.map((value) => new Option(label === "sort" ? `sort: ${value}` : value, value)));
  node.addEventListener("change", () => onChange(node.value));
  return node;
}

function overview(report, findings, before, choose) {
  const box = make("div");
  const scanners = [...new Set(findings.map((f) => f.scanner))].sort();
  const counts = {};
  for (const f of findings) counts[`${f.severity} ${f.scanner}`] = (counts[`${f.severity} ${f.scanner}`] || 0) + 1;
  box.append(section("Severity by scanner", table(["", ...scanners], SEVERITIES.map((severity) => [
    make("span", `mlsec-view-sev mlsec-view-${severity}`, severity), ...scanners.map((name) => counts[`${severity} ${name}`] || "·"),
  ]))));
  box.append(trend(report, before));
  const cells = cellMaps(findings, choose);
  if (cells) box.append(cells);
  for (const path of new Set(report.components.filter((one) => one.kind === "image").map((one) => one.location.path))) {
    const layers = layersOf(report, path);
    if (layers.length) box.append(make("div", "mlsec-view-quiet", path), layersTable(report, path, layers));
  }
  box.append(...modelsOf(report));
  const packages = packagesTable(findings);
  if (packages) box.append(packages);
  box.append(...drifts(findings), places(findings));
  if (report.gaps.length) box.append(make("h3", "", `${report.gaps.length} not looked at`));
  for (const gap of report.gaps.slice(0, 50)) box.append(make("div", "", `${placeOf(gap.location)}: ${gap.reason}`));
  return box;
}

function drifts(findings) {
  const found = findings.filter((f) => f.details && f.details.psi !== undefined).sort((a, b) => b.details.psi - a.details.psi).slice(0, 30);
  if (!found.length) return [];
  return [section("Drift by column", ...found.map((f) => drift(f.location.part || placeOf(f.location), f.details.psi, 0.25)))];
}

function places(findings) {
  const counts = new Map();
  for (const f of findings) counts.set(f.location.path, (counts.get(f.location.path) || 0) + 1);
  const top = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 12);
  return section("Where", ...top.map(([name, count]) => {
    const line = make("div");
    line.append(bar(count / top[0][1]), ` ${count} ${name}`);
    return line;
  }));
}

function detail(report, f, send) {
  const rule = report.rules[f.rule] || {};
  const box = make("div");
  box.append(make("h3", "", f.title), make("div", `mlsec-view-sev mlsec-view-${f.severity}`, `${f.severity}, confidence ${f.confidence}`),
    make("div", "", placeOf(f.location)), make("div", "", f.message));
  if (!f.message.includes(f.evidence.shown)) box.append(make("pre", "", f.evidence.shown));
  const pane = paneOf(report, f);
  if (pane) box.append(pane);
  for (const [name, text] of [["Why", rule.why], ["How to mend it", rule.fix]]) {
    if (text) box.append(make("h3", "", name), make("div", "", text));
  }
  if (f.related && f.related.length) {
    box.append(make("h3", "", "Steps"));
    f.related.forEach((step, n) => box.append(make("div", "", `${n + 1}. ${step.message} — ${placeOf(step.location)}`)));
  }
  if (f.reason) box.append(make("h3", "", f.status), make("div", "", f.reason));
  const reason = make("input");
  reason.placeholder = "reason";
  reason.setAttribute("aria-label", "reason");
  box.append(make("h3", "", "Decide"), reason);
  const actions = [["suppress", "Suppress…"], ["accept", "Into the baseline"]];
  if (f.fixes.length) actions.unshift(["fix", `Mend: ${f.fixes[0].title}`]);
  for (const [action, text] of actions) {
    const button = make("button", "mlsec-view-chip", text);
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
  const before = JSON.parse(model.get("before") || "null");
  const wanted = { text: "", severities: new Set(SEVERITIES), sort: "severity", scanner: "", rule: "", path: "", cell: 0, status: "", confidence: "", group: "" };
  const root = make("div", "mlsec-view");
  const bar = make("div", "mlsec-view-bar");
  const list = make("div", "mlsec-view-list");
  const side = make("div", "mlsec-view-side");
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
    const node = make("div", "mlsec-view-row");
    node.style.top = `${n * ROW}px`;
    if (row.title) {
      node.append(make("span", "mlsec-view-group", row.title));
      return node;
    }
    node.setAttribute("role", "option");
    node.setAttribute("aria-selected", String(n === chosen));
    node.append(make("span", `mlsec-view-sev mlsec-view-${row.finding.severity}`, row.finding.severity),
      make("span", "", `${row.finding.title} — ${placeOf(row.finding.location)}`));
    node.addEventListener("click", () => pick(n));
    return node;
  }
  function pick(n) {
    chosen = n;
    const row = rows[n];
    side.replaceChildren(row && row.finding ? detail(report, row.finding, (m) => model.send(m)) : whole());
    if (row && row.finding) side.prepend(back);
    side.scrollTop = 0;
    draw();
  }
  const back = make("button", "mlsec-view-chip", "← overview");
  back.addEventListener("click", () => pick(-1));
  const whole = () => overview(report, report.findings, before, (path, n) => {
    wanted.cell = n;
    text.value = path.slice(0, path.lastIndexOf(" › "));
    wanted.text = text.value;
    update();
  });
  function update() {
    const shown = select(report.findings, wanted);
    rows = grouped(shown, wanted.group);
    chosen = -1;
    count.textContent = `${shown.length.toLocaleString()} of ${report.findings.length.toLocaleString()}${wanted.cell ? ` (cell ${wanted.cell})` : ""}`;
    draw();
  }
  function set(name) {
    return (value) => { wanted[name] = value; update(); };
  }

  for (const severity of SEVERITIES) {
    const chip = make("button", "mlsec-view-chip", severity);
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
  text.addEventListener("input", () => {
    wanted.cell = 0;
    set("text")(text.value);
  });
  const values = (key) => [...new Set(report.findings.map((f) => (key === "path" ? f.location.path : f[key])))].sort().slice(0, 500);
  const sort = choice("sort", ["severity", "place", "rule"], (v) => set("sort")(v || "severity"));
  bar.append(text, choice("scanner", values("scanner"), set("scanner")), choice("rule", values("rule"), set("rule")),
    choice("path", values("path"), set("path")), choice("status", values("status"), set("status")),
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
    if (answer.error) {
      count.textContent = answer.error;
      return;
    }
    for (const f of report.findings) {
      if (answer.fingerprints.includes(f.fingerprint)) { f.status = answer.status; f.reason = answer.reason; }
    }
    if (answer.copy && navigator.clipboard) navigator.clipboard.writeText(answer.copy).catch(() => {});
    if (chosen >= 0) pick(chosen);
    if (answer.copy) count.textContent = `put beside it: ${answer.copy}`;
  });

  const main = make("div", "mlsec-view-main");
  main.append(list, side);
  root.append(bar, main);
  el.append(root);
  side.replaceChildren(whole());
  requestAnimationFrame(update);
}

export default { render };
