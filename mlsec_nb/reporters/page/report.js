"use strict";
// Shows the findings of the report that is embedded in this page: filters, search, order, and one finding's details.
// Text from the report only ever becomes text nodes; nothing is fetched, stored or evaluated.
(() => {
  const report = JSON.parse(document.getElementById("report").textContent);
  const GRADES = ["critical", "high", "medium", "low", "info"];
  const SURE = ["high", "medium", "low"];
  const STATUSES = ["new", "known", "suppressed"];
  const BATCH = 150;
  const $ = (id) => document.getElementById(id);

  /** An element with properties and children; strings become text. */
  function el(tag, props, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(props ?? {})) {
      if (value === undefined || value === null || value === false) continue;
      if (name === "class") node.className = value;
      else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else node.setAttribute(name, value === true ? "" : String(value));
    }
    node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
    return node;
  }

  /** A value by a name that a stranger may have chosen: only what is really there, not what every object has. */
  const own = (table, name) => (Object.hasOwn(table, name) ? table[name] : undefined);

  // ---- places -------------------------------------------------------------------------------------------------------
  function inFile(place) {
    const words = [];
    if (place.layer) words.push(`layer ${place.layer}`);
    if (place.member) words.push(place.member);
    if (place.cell !== undefined) words.push(`cell ${place.cell}`);
    if (place.part && place.part !== "source") words.push(place.part);
    const line = place.line === undefined ? "" : `:${place.line}${place.column === undefined ? "" : `:${place.column}`}`;
    if (!words.length && line) return `line ${line.slice(1)}`;
    return words.join(" › ") + line;
  }
  const whole = (place) => [place.path, inFile(place)].filter(Boolean).join(" › ");

  // ---- what is shown ------------------------------------------------------------------------------------------------
  const FACETS = [
    { key: "severity", title: "Severity", of: (one) => one.severity, order: GRADES },
    { key: "status", title: "Status", of: (one) => one.status, order: STATUSES },
    { key: "confidence", title: "Confidence", of: (one) => one.confidence, order: SURE },
    { key: "scanner", title: "Scanner", of: (one) => one.scanner },
    { key: "rule", title: "Rule", of: (one) => one.rule },
    { key: "path", title: "Path", of: (one) => one.location.path },
  ];
  const rank = (one) => GRADES.indexOf(one.severity) * 10 + SURE.indexOf(one.confidence);
  const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  const byPlace = (a, b) =>
    compare(a.location.path, b.location.path) ||
    (a.location.cell ?? 0) - (b.location.cell ?? 0) ||
    (a.location.line ?? 0) - (b.location.line ?? 0) ||
    a.index - b.index;
  const ORDERS = {
    severity: (a, b) => rank(a) - rank(b) || a.index - b.index,
    place: byPlace,
    rule: (a, b) => compare(a.rule, b.rule) || byPlace(a, b),
    scanner: (a, b) => compare(a.scanner, b.scanner) || rank(a) - rank(b) || a.index - b.index,
  };
  const GROUPS = { place: (one) => one.location.path, rule: (one) => one.rule, scanner: (one) => one.scanner };

  const all = report.findings.map((finding, index) => ({
    ...finding,
    index,
    words: [finding.message, finding.rule, finding.title, whole(finding.location), finding.evidence.shown, finding.scanner,
      finding.reason ?? ""].join("\n").toLowerCase(),
  }));
  const state = { query: "", sort: "severity", chosen: Object.fromEntries(FACETS.map(({ key }) => [key, new Set()])) };
  let shown = [];
  let drawn = 0;

  const fits = (one, facet) => !state.chosen[facet.key].size || state.chosen[facet.key].has(facet.of(one));

  /** Filters and counts in one pass: a facet's own counts leave its own choice out of account. */
  function filter() {
    const words = state.query.toLowerCase().split(/\s+/).filter(Boolean);
    const counts = FACETS.map(() => new Map());
    shown = [];
    for (const one of all) {
      if (!words.every((word) => one.words.includes(word))) continue;
      const misses = FACETS.map((facet, index) => (fits(one, facet) ? -1 : index)).filter((index) => index >= 0);
      if (misses.length === 0) shown.push(one);
      FACETS.forEach((facet, index) => {
        if (misses.length === 0 || (misses.length === 1 && misses[0] === index)) {
          counts[index].set(facet.of(one), (counts[index].get(facet.of(one)) ?? 0) + 1);
        }
      });
    }
    shown.sort(ORDERS[state.sort]);
    return counts;
  }

  // ---- facets -------------------------------------------------------------------------------------------------------
  const boxes = new Map();
  function buildFacets() {
    for (const facet of FACETS) {
      const totals = new Map();
      for (const one of all) totals.set(facet.of(one), (totals.get(facet.of(one)) ?? 0) + 1);
      const values = [...totals.keys()].sort(facet.order
        ? (a, b) => facet.order.indexOf(a) - facet.order.indexOf(b)
        : (a, b) => totals.get(b) - totals.get(a) || compare(a, b));
      if (values.length < 2) continue;
      const options = values.slice(0, 200).map((value) => {
        const box = el("input", { type: "checkbox", name: facet.key, value, onchange: () => choose(facet, value, box.checked) });
        const count = el("span", { class: "count" });
        const mark = facet.key === "severity" ? el("span", { class: `dot ${value}` }) : null;
        const label = el("label", { title: value }, box, el("span", { class: "name" }, mark, el("bdi", {}, value)), count);
        boxes.set(`${facet.key}\n${value}`, { box, count, label });
        return label;
      });
      if (values.length > 200) options.push(el("p", { class: "quiet" }, `and ${values.length - 200} more: search for them`));
      $("facets").append(el("fieldset", { class: facet.key }, el("legend", {}, facet.title), el("div", { class: "options" }, options)));
    }
  }

  function choose(facet, value, on) {
    state.chosen[facet.key][on ? "add" : "delete"](value);
    refresh();
  }

  function showCounts(counts) {
    FACETS.forEach((facet, index) => {
      const most = Math.max(1, ...counts[index].values());
      for (const [name, { box, count, label }] of boxes) {
        if (!name.startsWith(`${facet.key}\n`)) continue;
        const value = name.slice(facet.key.length + 1);
        const number = counts[index].get(value) ?? 0;
        box.checked = state.chosen[facet.key].has(value);
        count.textContent = number.toLocaleString("en");
        label.classList.toggle("none", number === 0);
        label.style.setProperty("--share", number / most);
      }
    });
  }

  // ---- rows ---------------------------------------------------------------------------------------------------------
  const plural = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;

  function refresh() {
    const counts = filter();
    showCounts(counts);
    const narrowed = shown.length !== all.length;
    $("told").textContent = narrowed ? `${shown.length.toLocaleString("en")} of ${plural(all.length, "finding")}` : plural(all.length, "finding");
    $("clear").hidden = !narrowed;
    $("rows").replaceChildren();
    $("rows").className = `by-${state.sort}`;
    drawn = 0;
    draw(BATCH);
    if (!shown.length) {
      $("rows").append(el("li", { class: "empty" }, all.length ? "Nothing fits these filters." : "Nothing was found."));
    }
    remember();
  }

  function draw(count) {
    const group = GROUPS[state.sort];
    const batch = document.createDocumentFragment();
    for (const one of shown.slice(drawn, drawn + count)) {
      const before = shown[drawn - 1];
      if (group && (!before || group(before) !== group(one))) batch.append(el("li", { class: "group" }, group(one)));
      batch.append(row(one));
      drawn += 1;
    }
    $("rows").append(batch);
  }

  function row(one) {
    const tags = [];
    if (one.status !== "new") tags.push(one.status);
    if (one.confidence !== "high") tags.push(`${one.confidence} confidence`);
    if (one.fixes.some((fix) => fix.edits.length)) tags.push("fix ready");
    const item = el("li", { class: `${one.severity}${one.status === "new" ? "" : " judged"}` });
    const button = el("button", { type: "button", class: "row", "aria-expanded": "false", onclick: () => toggle(item, button, one) },
      el("span", { class: "grade" }, el("span", { class: "dot" }), one.severity),
      el("span", { class: "message" }, one.message, tags.map((tag) => el("span", { class: "tag" }, tag)),
        el("small", {}, el("code", {}, one.rule), one.evidence.shown ? " · " : "", one.evidence.shown ? el("code", {}, one.evidence.shown) : "")),
      whereOf(one.location));
    item.append(button);
    return item;
  }

  /** The file's name and the place in it, then its folder, shortened where it begins. */
  function whereOf(place) {
    const cut = place.path.lastIndexOf("/");
    const inside = inFile(place);
    return el("span", { class: "where", title: whole(place) },
      el("bdi", {}, place.path.slice(cut + 1), inside ? " " : ""), el("span", { class: "in" }, inside),
      cut > 0 ? el("small", {}, el("bdi", {}, place.path.slice(0, cut))) : null);
  }

  function toggle(item, button, one) {
    const open = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", String(!open));
    if (open) item.lastElementChild.remove();
    else item.append(detail(one));
  }

  // ---- one finding --------------------------------------------------------------------------------------------------
  const part = (title, ...content) => (content.flat().some(Boolean) ? el("section", {}, el("h3", {}, title), content) : null);

  function detail(one) {
    const rule = own(report.rules, one.rule) ?? {};
    return el("div", { class: "detail" },
      part("Evidence", one.evidence.shown ? el("pre", {}, one.evidence.shown) : null),
      part("Why it matters", paragraphs(rule.why)),
      part("How to fix it", paragraphs(rule.fix), one.fixes.map(fixOf)),
      part(one.status === "new" ? "Note" : "Judged", one.reason ? el("p", {}, one.status === "new" ? one.reason : `${one.status}: ${one.reason}`) : null),
      part("Related places", one.related ? el("ol", {}, one.related.map((step) =>
        el("li", {}, step.message, " ", el("span", { class: "mono quiet" }, whole(step.location))))) : null),
      one.details ? part("Details", valueOf(one.details)) : null,
      part("References", one.references.length ? el("ul", { class: "refs" }, one.references.map(reference)) : null),
      part("Where", facts(one)),
      part("If it is fine", one.status === "new" ? accepted(one) : null));
  }

  /** How to accept a finding with a reason: beside the line where there is one, else in the config. */
  function accepted(one) {
    const inText = one.location.line !== undefined && one.location.member === undefined && one.location.layer === undefined;
    const comment = `# mlsec: ignore[${one.rule}] the reason`;
    const table = `[[tool.mlsec.ignore]]\npaths = [${JSON.stringify(one.location.path)}]\nrules = ["${one.rule}"]\nreason = "the reason"`;
    return inText && (one.location.part ?? "source") === "source"
      ? [el("p", {}, "Say so at the end of its line:"), el("pre", {}, comment)]
      : [el("p", {}, "Say so in pyproject.toml:"), el("pre", {}, table)];
  }

  const paragraphs = (text) => (text ?? "").split(/\n\s*\n/).filter((words) => words.trim()).map((words) => el("p", {}, words));

  function reference(name) {
    const address = own(report.links, name);
    return el("li", {}, address ? el("a", { href: address, rel: "noopener noreferrer", target: "_blank" }, name) : name);
  }

  function fixOf(fix) {
    const edits = fix.edits.filter((edit) => edit.replacement);
    return el("div", { class: "edit" }, el("p", {}, `${fix.title}.`, fix.edits.length ? el("span", { class: "tag" }, "mlsec fix") : ""),
      edits.map((edit) => el("pre", {}, edit.replacement)));
  }

  function facts(one) {
    const place = one.location;
    const pairs = {
      File: place.path, Layer: place.layer, Member: place.member,
      Cell: place.cell === undefined ? undefined : `${place.cell}${place.cell_id ? ` (id ${place.cell_id})` : ""}`,
      Part: place.part, "Line and column": position(place.line, place.column),
      "In the raw file": place.cell === undefined ? undefined : position(place.raw_line, place.raw_column),
      Scanner: one.scanner, Confidence: one.confidence, Fingerprint: one.fingerprint,
    };
    return el("dl", {}, Object.entries(pairs).filter(([, value]) => value !== undefined && value !== "")
      .map(([name, value]) => [el("dt", {}, name), el("dd", { class: "mono" }, String(value))]));
  }
  const position = (line, column) => (line === undefined ? undefined : column === undefined ? `${line}` : `${line}:${column}`);

  // ---- details of any shape: scalars, tables, trees -----------------------------------------------------------------
  const isFlat = (value) => value === null || typeof value !== "object";
  const isRecord = (value) => !isFlat(value) && !Array.isArray(value);

  function valueOf(value) {
    if (isFlat(value)) return el("span", { class: "mono" }, value === null ? "–" : String(value));
    if (Array.isArray(value)) return listOf(value);
    return el("dl", {}, Object.entries(value).map(([name, item]) => [el("dt", {}, name), el("dd", {}, valueOf(item))]));
  }

  function listOf(items) {
    if (!items.length) return el("span", { class: "quiet" }, "none");
    if (items.every(isFlat)) return el("span", { class: "mono" }, items.map((item) => item ?? "–").join(", "));
    const names = new Set(items.filter(isRecord).flatMap(Object.keys));
    if (names.size > 1 && items.every((item) => isRecord(item) && Object.values(item).every(isFlat))) return tableOf(items, [...names]);
    return el("div", {}, items.map(branchOf));
  }

  function tableOf(items, names) {
    return el("div", { class: "wide" }, el("table", {},
      el("thead", {}, el("tr", {}, names.map((name) => el("th", { scope: "col" }, name)))),
      el("tbody", {}, items.map((item) => el("tr", {}, names.map((name) =>
        el("td", { class: typeof own(item, name) === "number" ? "number" : "" }, own(item, name) === undefined ? "" : String(item[name] ?? "–"))))))));
  }

  /** A node of a tree: its flat values in one line, its lists of nodes below it. */
  function branchOf(item) {
    if (!isRecord(item)) return el("div", { class: "branch" }, valueOf(item));
    const entries = Object.entries(item);
    const flat = entries.filter(([, value]) => isFlat(value) || (Array.isArray(value) && value.every(isFlat)));
    const deep = entries.filter((entry) => !flat.includes(entry));
    const line = flat.map(([name, value], index) =>
      index === 0 ? el("code", {}, String(value)) : el("span", { class: "quiet" }, `  ${name} `, el("code", {}, String(value))));
    if (!deep.length) return el("div", { class: "branch" }, line);
    return el("details", { class: "branch", open: true }, el("summary", {}, line),
      deep.map(([name, value]) => [el("span", { class: "quiet" }, name), valueOf(value)]));
  }

  // ---- keys, tabs, theme, address -----------------------------------------------------------------------------------
  const ADDRESSED = ["query", "sort"];
  let silent = true;
  /** The filters live in the address, so that a view can be kept or sent. */
  function remember() {
    if (silent) return;
    const said = new URLSearchParams();
    for (const name of ADDRESSED) if (state[name] && state[name] !== "severity") said.set(name, state[name]);
    for (const [key, values] of Object.entries(state.chosen)) for (const value of values) said.append(key, value);
    location.replace(`#${said}`);
  }
  function recall() {
    const said = new URLSearchParams(location.hash.slice(1));
    state.query = said.get("query") ?? "";
    state.sort = Object.hasOwn(ORDERS, said.get("sort") ?? "") ? said.get("sort") : "severity";
    for (const { key } of FACETS) state.chosen[key] = new Set(said.getAll(key));
    $("search").value = state.query;
    $("sort").value = state.sort;
  }
  function clear() {
    state.query = $("search").value = "";
    for (const { key } of FACETS) state.chosen[key].clear();
    refresh();
  }

  function select(name) {
    for (const tab of document.querySelectorAll(".tabs button")) {
      const on = tab.dataset.panel === name;
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
      $(tab.dataset.panel).hidden = !on;
    }
  }

  function onTabKey(event) {
    const tabs = [...document.querySelectorAll(".tabs button")];
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
    select(next.dataset.panel);
    next.focus();
  }

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) && event.target.type !== "checkbox";
    if (event.key === "Escape") {
      if (typing) event.target.blur();
      clear();
    } else if (!typing && event.key === "/") {
      event.preventDefault();
      select("findings");
      $("search").focus();
    } else if (!typing && (event.key === "j" || event.key === "k")) step(event.key === "j" ? 1 : -1);
  }

  function step(by) {
    const rows = [...document.querySelectorAll(".row")];
    const next = rows[Math.min(Math.max(rows.indexOf(document.activeElement) + by, 0), rows.length - 1)];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  }

  /** A search field above each long table of the page. */
  function tableSearches() {
    for (const table of document.querySelectorAll(".panel > .wide > table")) {
      const rows = [...table.tBodies[0].rows].map((row) => ({ row, words: row.textContent.toLowerCase() }));
      if (rows.length < 12) continue;
      const field = el("input", { type: "search", class: "field", placeholder: "Search this table", "aria-label": "Search this table",
        oninput: () => { for (const { row, words } of rows) row.hidden = !words.includes(field.value.toLowerCase()); } });
      table.parentElement.before(el("div", { class: "tools" }, field));
    }
  }

  function later(act, delay) {
    let timer = 0;
    return () => {
      clearTimeout(timer);
      timer = setTimeout(act, delay);
    };
  }

  function start() {
    document.documentElement.classList.add("scripted");
    for (const node of [$("app"), $("theme"), document.querySelector(".tabs")]) node.hidden = false;
    $("app").classList.toggle("bare", !all.length);
    buildFacets();
    tableSearches();
    $("filters").open = !matchMedia("(max-width: 62rem)").matches;
    recall();
    if (!location.hash && all.some((one) => one.status === "new") && all.some((one) => one.status !== "new")) state.chosen.status.add("new");
    refresh();
    silent = false;
    select("findings");
    $("search").addEventListener("input", later(() => { state.query = $("search").value; refresh(); }, all.length > 2000 ? 120 : 0));
    $("sort").addEventListener("change", () => { state.sort = $("sort").value; refresh(); });
    $("clear").addEventListener("click", clear);
    $("facets").addEventListener("submit", (event) => event.preventDefault());
    $("theme").addEventListener("click", () => {
      const root = document.documentElement;
      const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
    });
    for (const tab of document.querySelectorAll(".tabs button")) tab.addEventListener("click", () => select(tab.dataset.panel));
    document.querySelector(".tabs").addEventListener("keydown", onTabKey);
    document.addEventListener("keydown", onKey);
    addEventListener("beforeprint", () => draw(shown.length));
    new IntersectionObserver((seen) => { if (seen.some((one) => one.isIntersecting)) draw(BATCH); }, { rootMargin: "1200px" }).observe($("more"));
  }
  start();
})();
