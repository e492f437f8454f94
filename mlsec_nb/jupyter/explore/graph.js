// The call graph of a load: which results flow into which call, from top to bottom. Steps that are equal are one node.
const NODES = 40; // of one graph; the table beside it has every step
const BOX = { width: 190, height: 38, gap: 24, down: 34, bend: 16, letters: 26, across: 2 };
const SPACE = "http://www.w3.org/2000/svg";
const MARKS = { dangerous: "▲", "needs a look": "◆" }; // beside the colour, for those who do not see it

// Each step with the earlier steps whose results it takes, by their numbers; an offset means the last step that stood there.
function linked(steps) {
  const known = new Map();
  return steps.map((step, n) => {
    const uses = [...new Set((step.uses || []).map((offset) => known.get(offset)).filter((one) => one !== undefined))];
    known.set(step.offset, n);
    return { step, uses, is_import: step.does.startsWith("import ") };
  });
}

// The imports that do nothing but be called: the call says their names, so that they need no node.
function folded(links, here) {
  const called = new Set();
  const given = new Set();
  for (const { step, uses } of links) {
    uses.forEach((used, n) => {
      const is_target = n === 0 && links[used].is_import && step.does.startsWith(nameOf(links[used].step.does));
      (is_target ? called : given).add(used);
    });
  }
  return new Set([...called].filter((n) => !given.has(n) && links[n].step.offset !== here));
}

// Steps as nodes; calls that nothing tells apart (name, judgement, and what flows in) are one.
function nodesOf(steps, here) {
  const links = linked(steps);
  const dropped = folded(links, here);
  const byKey = new Map();
  const byStep = new Map();
  links.forEach(({ step, uses, is_import }, n) => {
    if (dropped.has(n)) return;
    const sources = [...new Set(uses.map((used) => byStep.get(used)).filter(Boolean))];
    const is_here = step.offset === here;
    const alike = step.grade === "safe" && !is_here ? `${is_import} ${nameOf(step.does)}` : `${step.does} ${step.grade}`;
    const key = `${alike} ${sources.map((one) => one.id).join(" ")}`;
    const node = byKey.get(key) || { id: byKey.size, step, name: nameOf(step.does), count: 0, from: new Set(), is_here, is_import };
    byKey.set(key, node);
    byStep.set(n, node);
    node.count += 1;
    node.is_here ||= is_here;
    for (const one of sources) if (one.id < node.id) node.from.add(one); // only forwards: no circles
  });
  return [...byKey.values()];
}

// What is called or imported, without the arguments of the last call.
function nameOf(does) {
  if (does.startsWith("import ")) return does.slice(7);
  let [depth, end, quote] = [0, does.length, ""];
  for (let n = 0; n < does.length; n += 1) {
    const letter = does[n];
    if (quote) {
      if (letter === "\\") n += 1;
      else if (letter === quote) quote = "";
    } else if (letter === "'" || letter === '"') quote = letter;
    else if (letter === "(") {
      if (depth === 0) end = n;
      depth += 1;
    } else if (letter === ")") depth -= 1;
  }
  return does.slice(0, end) || does;
}

// The nodes that matter most: those that lead to the finding, then what is not known to be safe, then the first others.
function kept(nodes) {
  const chosen = new Set();
  const take = (node) => {
    if (chosen.has(node) || chosen.size >= NODES) return;
    chosen.add(node);
    node.from.forEach(take);
  };
  nodes.filter((node) => node.is_here).forEach(take);
  nodes.filter((node) => node.step.grade !== "safe").forEach(take);
  nodes.forEach(take);
  return nodes.filter((node) => chosen.has(node));
}

// Rows by the longest way from a beginning; long edges pass through a place of their own in each row between.
function layered(nodes) {
  const rows = [];
  const edges = [];
  const put = (item, row) => {
    item.row = row;
    rows[row] ||= [];
    rows[row].push(item);
  };
  for (const node of nodes) put(node, Math.max(-1, ...[...node.from].map((one) => one.row)) + 1);
  for (const node of nodes) {
    for (const source of node.from) {
      let last = source;
      for (let row = source.row + 1; row < node.row; row += 1) {
        const bend = { bend: true };
        put(bend, row);
        edges.push([last, bend]);
        last = bend;
      }
      edges.push([last, node]);
    }
  }
  return { rows, edges };
}

const widthOf = (item) => (item.bend ? BOX.bend : BOX.width);
const middleOf = (item) => item.x + widthOf(item) / 2;
const lengthOf = (row) => row.reduce((sum, item) => sum + widthOf(item) + BOX.gap, -BOX.gap);

// Order in each row by the middle of the neighbours, there and back, so that few edges cross; then the places.
function placed({ rows, edges }) {
  const wide = Math.max(BOX.width, ...rows.map(lengthOf));
  const settle = (row) => {
    let x = 2 + (wide - lengthOf(row)) / 2; // short rows stand in the middle
    for (const item of row) {
      item.x = x;
      item.y = 2 + item.row * (BOX.height + BOX.down);
      x += widthOf(item) + BOX.gap;
    }
  };
  rows.forEach(settle);
  for (let round = 0; round < 4; round += 1) {
    const side = round % 2; // first by what flows in, then by what flows out
    for (const row of side ? [...rows].reverse() : rows) {
      for (const item of row) {
        const near = edges.filter((edge) => edge[1 - side] === item).map((edge) => middleOf(edge[side]));
        item.wish = near.length ? near.reduce((a, b) => a + b, 0) / near.length : middleOf(item);
      }
      row.sort((a, b) => a.wish - b.wish);
      settle(row);
    }
  }
  return { width: wide + 4, height: rows.length ? rows.length * (BOX.height + BOX.down) - BOX.down + 4 : 0 };
}

// Calls that nothing flows into or out of stand side by side below the others.
function alone(nodes, top) {
  const across = Math.min(BOX.across, nodes.length);
  nodes.forEach((node, n) => {
    node.x = 2 + (n % across) * (BOX.width + BOX.gap);
    node.y = top + Math.floor(n / across) * (BOX.height + 12);
  });
  const lines = Math.ceil(nodes.length / BOX.across);
  return { width: across * (BOX.width + BOX.gap) - BOX.gap + 4, height: lines * (BOX.height + 12) };
}

function svg(name, attributes, ...inside) {
  const node = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...inside);
  return node;
}

function arrow([from, to], is_hot) {
  const [x1, y1, x2, y2] = [middleOf(from), from.y + BOX.height, middleOf(to), to.y];
  const half = (y2 - y1) / 2;
  const end = to.bend ? y2 : y2 - 5;
  const through = to.bend ? `V${y2 + BOX.height}` : "";
  const line = svg("path", { d: `M${x1} ${y1}C${x1} ${y1 + half} ${x2} ${end - half} ${x2} ${end}${through}`, fill: "none" });
  const parts = to.bend ? [line] : [line, svg("path", { d: `M${x2} ${y2}l-4 -7h8z`, class: "mlsec-view-tip" })];
  return svg("g", { class: `mlsec-view-edge${is_hot ? " mlsec-view-hot" : ""}` }, ...parts);
}

// The end of a name says most; what was cut is in the title.
function short(text) {
  return text.length > BOX.letters ? `…${text.slice(1 - BOX.letters)}` : text;
}

function box(node, choose) {
  const { step } = node;
  const times = node.count > 1 ? ` ×${node.count}` : "";
  const args = node.count > 1 ? "" : step.does.slice(node.name.length);
  const what = node.is_import ? `import, byte ${step.offset}` : args || `first at byte ${step.offset}`;
  const below = [MARKS[step.grade], what].filter(Boolean).join(" ");
  const told = `${step.does}${times}, byte ${step.offset}, ${step.grade}`;
  const kind = { dangerous: "critical", "needs a look": "medium" }[step.grade] || "low";
  const group = svg("g", {
    class: `mlsec-view-node mlsec-view-node-${kind}${node.is_here ? " mlsec-view-node-here" : ""}`, tabindex: "0", role: "button",
    "aria-label": told, transform: `translate(${node.x} ${node.y})`,
  }, svg("title", {}, told), svg("rect", { width: BOX.width, height: BOX.height, rx: 4 }),
    svg("text", { x: 8, y: 15, class: "mlsec-view-node-name" }, short(node.name + times)),
    svg("text", { x: 8, y: 30, class: "mlsec-view-node-args" }, below.length > BOX.letters ? `${below.slice(0, BOX.letters - 1)}…` : below));
  group.addEventListener("click", () => choose(step.offset));
  group.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    choose(step.offset);
  });
  return group;
}

// The graph as a node of the page; `choose(offset)` is told of the step that the user wants to see.
function callGraph(steps, here, choose) {
  const all = nodesOf(steps, here);
  const nodes = kept(all);
  if (!nodes.length) return null;
  for (const node of nodes) node.from = new Set([...node.from].filter((one) => nodes.includes(one)));
  const flows = new Set(nodes.flatMap((node) => (node.from.size ? [node, ...node.from] : [])));
  const graph = layered(nodes.filter((node) => flows.has(node)));
  const joined = placed(graph);
  const single = alone(nodes.filter((node) => !flows.has(node)), joined.height ? joined.height + 14 : 2);
  const [width, height] = [Math.max(joined.width, single.width), joined.height + 14 + single.height];
  const hot = new Set();
  const heat = (item) => {
    if (hot.has(item)) return;
    hot.add(item);
    graph.edges.filter((edge) => edge[1] === item).forEach((edge) => heat(edge[0]));
  };
  nodes.filter((node) => node.is_here).forEach(heat);
  const picture = svg("svg", {
    viewBox: `0 0 ${width} ${height}`, width, height, class: "mlsec-view-graph", role: "group",
    "aria-label": `call graph, ${nodes.length} of ${all.length} nodes: results flow downwards`,
  }, ...graph.edges.map((edge) => arrow(edge, hot.has(edge[1]))),
    ...nodes.sort((a, b) => a.y - b.y || a.x - b.x).map((node) => box(node, choose)));
  const wide = make("div", "mlsec-view-wide", undefined);
  wide.append(picture);
  const found = nodes.find((node) => node.is_here);
  if (found) requestAnimationFrame(() => { wide.scrollLeft = found.x + BOX.width / 2 - wide.clientWidth / 2; });
  const rest = all.length - nodes.length;
  const parts = [make("div", "mlsec-view-quiet", "Results flow downwards; what leads to this finding is drawn strong."), wide];
  if (rest > 0) parts.push(make("div", "mlsec-view-quiet", `${rest} more calls stand in the table only.`));
  return section("Call graph", ...parts);
}
