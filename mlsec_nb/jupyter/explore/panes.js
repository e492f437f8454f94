// Panes made for their subject; read together with explore.js. Everything that was read goes into the page as text.
const SEVERITIES = ["critical", "high", "medium", "low", "info"];

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

const rankOf = (severity) => SEVERITIES.indexOf(severity);

// A table; a cell is text, a number or a node.
function table(head, rows, className) {
  const node = make("table", className);
  const line = make("tr");
  line.append(...head.map((text) => make("th", "", text)));
  const top = make("thead");
  top.append(line);
  const body = make("tbody");
  for (const row of rows) {
    const one = make("tr", row.mark || "");
    for (const cell of row.cells || row) {
      const place = make("td");
      place.append(cell instanceof Node ? cell : String(cell ?? ""));
      one.append(place);
    }
    body.append(one);
  }
  node.append(top, body);
  const wide = make("div", "mlsec-view-wide");
  wide.tabIndex = 0; // the keyboard scrolls it
  wide.append(node);
  return wide;
}

function bar(share, className) {
  const node = make("span", `mlsec-view-bar2 ${className || ""}`);
  node.style.width = `${Math.max(1, Math.round(90 * share))}px`;
  return node;
}

function section(title, ...nodes) {
  const box = make("div");
  box.append(make("h3", "", title), ...nodes);
  return box;
}

// A model: what loading it would do, as a graph and in order, with the offset of each opcode.
function modelPane(f) {
  const notes = [f.details.effect && `effect: ${f.details.effect}`, f.details.triggered_by && `run by ${f.details.triggered_by}`];
  return section("What loading it would do", make("div", "", notes.filter(Boolean).join(" · ")), ...loadOf(f.details.loading, f.details.offset));
}

function loadOf(steps, here) {
  const grades = { safe: "mlsec-view-low", dangerous: "mlsec-view-critical", "needs a look": "mlsec-view-medium" };
  const rows = steps.map((step) => ({
    mark: step.offset === here ? "mlsec-view-here" : "",
    cells: [step.offset, make("span", `mlsec-view-sev ${grades[step.grade] || ""}`, step.grade), make("code", "", step.does)],
  }));
  const listed = table(["byte", "", "import or call, with its arguments"], rows, "mlsec-view-steps");
  const lines = [...listed.querySelectorAll("tbody tr")];
  const choose = (offset) => {
    lines.forEach((line, n) => line.classList.toggle("mlsec-view-chosen", steps[n].offset === offset));
    const line = lines.find((_, n) => steps[n].offset === offset);
    if (line) line.scrollIntoView({ block: "nearest" });
  };
  const graph = callGraph(steps, here, choose);
  return [...(graph ? [graph] : []), section(`Steps of the load (${steps.length})`, listed)];
}

// Every model of the report, also those in which nothing was found; drawn when it is opened.
function modelsOf(report) {
  const nodes = report.components.filter((one) => one.kind === "model").slice(0, 50).map((one) => {
    const steps = parsed((one.properties || {}).loading).filter((step) => step && typeof step.does === "string");
    const box = make("details");
    box.append(make("summary", "", `${placeOf(one.location)} — ${steps.length ? `${steps.length} steps to load` : "loading it runs nothing"}`));
    box.addEventListener("toggle", () => { if (box.open && steps.length && box.children.length === 1) box.append(...loadOf(steps)); });
    return box;
  });
  return nodes.length ? [section("Models", ...nodes)] : [];
}

// Data: the distribution now beside the one before, and the measures of the change.
function dataPane(f) {
  const { distribution, mean, deviation, psi, ks, before, after } = f.details;
  const box = section("Now beside before");
  if (distribution) box.append(histogram(distribution));
  const rows = [];
  const add = (name, pair, show = (value) => value) => {
    if (pair && pair.some((value) => value !== undefined && value !== null)) rows.push([name, ...pair.map((value) => (value === null ? "" : show(value)))]);
  };
  const short = (value) => (typeof value === "number" ? Number(value.toPrecision(4)).toLocaleString() : value);
  add("mean", mean, short);
  add("standard deviation", deviation, short);
  if (before !== undefined) add(f.rule === "DATA-NULLS" ? "share missing" : "different values", [before, after], short);
  if (rows.length) box.append(table(["", "before", "now"], rows));
  if (psi !== undefined) box.append(drift("population stability index", psi, 0.25), drift("Kolmogorov–Smirnov distance", ks, 0.2));
  return box;
}

function drift(name, value, severe) {
  const line = make("div");
  line.append(bar(Math.min(1, value / (2 * severe)), value >= severe ? "mlsec-view-bad" : ""), ` ${name} ${value} (severe from ${severe})`);
  return line;
}

function histogram({ before, after, edges }) {
  const most = Math.max(...before, ...after, 1e-9);
  const width = 280;
  const height = 90;
  const picture = svg("svg", {
    viewBox: `0 0 ${width} ${height}`, class: "mlsec-view-histogram", role: "img", "aria-label": `share of values in ${before.length} bins, before and now`,
  });
  const step = width / before.length;
  for (const [shares, kind, shift] of [[before, "mlsec-view-before", 0], [after, "mlsec-view-after", 0.5]]) {
    shares.forEach((share, n) => {
      const tall = (height - 2) * (share / most);
      const sizes = { x: (n + shift) * step, y: height - tall, width: step * 0.48, height: tall };
      picture.append(svg("rect", { ...Object.fromEntries(Object.entries(sizes).map(([key, value]) => [key, value.toFixed(2)])), class: kind }));
    });
  }
  const legend = make("div", "mlsec-view-quiet");
  legend.append(make("span", "mlsec-view-key mlsec-view-before"), " before ", make("span", "mlsec-view-key mlsec-view-after"),
    ` now · up to ${edges[0]} … above ${edges[edges.length - 1]}`);
  const box = make("div");
  box.append(picture, legend);
  return box;
}

// A container: where something came in and went out, and what mends it.
function imagePane(report, f) {
  const d = f.details;
  const rows = [];
  if (d.layer) rows.push([`layer ${d.layer}`, make("code", "", d.created_by || "")]);
  if (d.removed_layer) rows.push([`gone in layer ${d.removed_layer}`, make("code", "", d.removed_by || "")]);
  if (d.package) rows.push(["package", `${d.package} ${d.version || ""}`]);
  if (d.advisory) rows.push(["advisory", [d.advisory, ...(d.aliases || [])].join(", ")]);
  if (d.fixed && d.fixed.length) rows.push(["mended in", d.fixed.join(", ")]);
  if (d.state) rows.push(["state", d.state]);
  if (d.epss !== undefined) rows.push(["exploited within 30 days", `${(100 * d.epss).toFixed(1)} % (EPSS)`]);
  if (d.exploited) rows.push(["known to be exploited", "yes"]);
  const box = section("In the image", table(["", ""], rows, "mlsec-view-facts"));
  const layers = layersOf(report, f.location.path);
  if (layers.length) box.append(layersTable(report, f.location.path, layers, d.layer));
  return box;
}

function layersOf(report, path) {
  const image = report.components.find((one) => one.kind === "image" && one.location.path === path && one.properties);
  return image ? parsed(image.properties.layers) : [];
}

// A property that holds a list of objects as JSON; empty when it does not.
function parsed(text) {
  try {
    const value = JSON.parse(text || "[]");
    return Array.isArray(value) ? value.filter((one) => one && typeof one === "object") : [];
  } catch {
    return [];
  }
}

function size(bytes) {
  const unit = [["GB", 2 ** 30], ["MB", 2 ** 20], ["kB", 2 ** 10]].find(([, n]) => bytes >= n);
  return typeof bytes !== "number" ? "" : unit ? `${(bytes / unit[1]).toFixed(1)} ${unit[0]}` : `${bytes} B`;
}

function layersTable(report, path, layers, current) {
  const counts = {};
  for (const f of report.findings) {
    if (f.location.path === path && f.location.layer) counts[f.location.layer] = (counts[f.location.layer] || 0) + 1;
  }
  const rows = layers.map((one) => ({
    mark: current !== undefined && String(one.layer) === String(current) ? "mlsec-view-here" : "",
    cells: [`${one.layer ?? ""}${one.base ? " (base)" : ""}`, size(one.bytes), [one.added && `+${one.added}`, one.removed && `−${one.removed}`].filter(Boolean).join(" "),
      counts[one.digest] || "", make("code", "", one.created_by || "")],
  }));
  return section("Layers", table(["layer", "size", "packages", "findings", "made by"], rows, "mlsec-view-steps"));
}

// Packages with known vulnerabilities, those first that a newer version mends.
function packagesTable(findings) {
  const packages = new Map();
  for (const f of findings) {
    const d = f.details || {};
    if (!d.package || !d.advisory) continue;
    const key = `${f.location.path}\n${d.package}\n${d.version}`;
    const one = packages.get(key) || { name: d.package, version: d.version || "", fixed: new Set(), open: 0, mended: 0, worst: 9 };
    for (const version of d.fixed || []) one.fixed.add(version);
    if ((d.fixed || []).length) one.mended += 1; else one.open += 1;
    one.worst = Math.min(one.worst, rankOf(f.severity));
    packages.set(key, one);
  }
  const rows = [...packages.values()].sort((a, b) => (b.mended > 0) - (a.mended > 0) || a.worst - b.worst || b.mended - a.mended).slice(0, 200);
  if (!rows.length) return null;
  return section("Packages, what can be mended first", table(["package", "worst", "mended by", "can be mended", "open"], rows.map((one) => [
    `${one.name} ${one.version}`, make("span", `mlsec-view-sev mlsec-view-${SEVERITIES[one.worst]}`, SEVERITIES[one.worst]), [...one.fixed].join(", "), one.mended || "", one.open || "",
  ])));
}

function paneOf(report, f) {
  const d = f.details || {};
  if (d.loading) return modelPane(f);
  if (d.layer !== undefined || layersOf(report, f.location.path).length) return imagePane(report, f);
  if (f.rule.startsWith("DATA-") && (d.distribution || d.mean || d.before !== undefined)) return dataPane(f);
  if (!Object.keys(d).length) return null;
  const rows = Object.entries(d).map(([key, value]) => [key, typeof value === "object" ? JSON.stringify(value) : String(value)]);
  return section("Details", table(["", ""], rows, "mlsec-view-facts"));
}

// The cells of each notebook as a strip, each in the colour of the worst that was found in it.
function cellMaps(findings, choose) {
  const notebooks = new Map();
  for (const f of findings) {
    if (!f.location.cell || f.location.member) continue;
    const cells = notebooks.get(f.location.path) || new Map();
    const known = cells.get(f.location.cell) || { worst: 9, count: 0 };
    cells.set(f.location.cell, { worst: Math.min(known.worst, rankOf(f.severity)), count: known.count + 1 });
    notebooks.set(f.location.path, cells);
  }
  const nodes = [];
  for (const [path, cells] of [...notebooks].slice(0, 20)) {
    const strip = make("div", "mlsec-view-strip");
    const last = Math.min(Math.max(...cells.keys()), 400);
    for (let n = 1; n <= last; n += 1) {
      const found = cells.get(n);
      if (!found) {
        strip.append(make("span", "mlsec-view-cell"));
        continue;
      }
      const button = make("button", `mlsec-view-cell mlsec-view-${SEVERITIES[found.worst]}`, String(n));
      button.title = `cell ${n}: ${found.count}, worst ${SEVERITIES[found.worst]}`;
      button.addEventListener("click", () => choose(`${path.toLowerCase()} › cell ${n}`, n));
      strip.append(button);
    }
    nodes.push(make("div", "mlsec-view-quiet", path), strip);
  }
  return nodes.length ? section("Cells", ...nodes) : null;
}

// How many there are of each severity and status, and of each severity before, where an older report was given.
function trend(report, before) {
  const count = (severity, status) => report.findings.filter((f) => f.severity === severity && f.status === status).length;
  const rows = SEVERITIES.map((severity) => {
    const [fresh, known, suppressed] = ["new", "known", "suppressed"].map((status) => count(severity, status));
    const now = fresh + known + suppressed;
    const cells = [make("span", `mlsec-view-sev mlsec-view-${severity}`, severity), fresh || "·", known || "·", suppressed || "·"];
    if (before) {
      const change = now - (before[severity] || 0);
      cells.push(before[severity] || "·", change > 0 ? `+${change}` : change < 0 ? `−${-change}` : "=");
    }
    return cells;
  });
  return section(before ? "Since the older report" : "New and known", table(["", "new", "known", "suppressed", ...(before ? ["before", ""] : [])], rows));
}
