/** What the panel knows about findings: filter, group, order, count. No DOM, no JupyterLab. */
import type { Finding, Severity, Status } from './report';

export const SEVERITIES: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'info'];
export type Grouping = 'place' | 'file' | 'severity' | 'rule' | 'none';
export type Order = 'place' | 'severity';

/** What the user chose to see. */
export interface Choice {
  readonly words: string;
  readonly severities: ReadonlySet<Severity>;
  readonly judged: boolean; // known and suppressed findings too
  readonly grouping: Grouping;
  readonly order: Order;
}

export interface Group {
  readonly key: string;
  readonly findings: readonly Finding[];
}

export type Counts = Record<Severity, number>;

export const EVERYTHING: Choice = {
  words: '',
  severities: new Set(SEVERITIES),
  judged: false,
  grouping: 'place',
  order: 'place'
};

export function isNew(finding: Finding): boolean {
  return finding.status === 'new';
}

/** How many there are of each severity; by default only those that nobody has judged yet. */
export function count(findings: readonly Finding[], statuses: readonly Status[] = ['new']): Counts {
  const counts: Counts = { critical: 0, high: 0, medium: 0, low: 0, info: 0 };
  for (const finding of findings) {
    if (statuses.includes(finding.status)) {
      counts[finding.severity] += 1;
    }
  }
  return counts;
}

export function total(counts: Counts): number {
  return SEVERITIES.reduce((sum, severity) => sum + counts[severity], 0);
}

/** The highest severity that occurs. */
export function worst(counts: Counts): Severity | null {
  return SEVERITIES.find(severity => counts[severity] > 0) ?? null;
}

export function atLeast(severity: Severity, floor: Severity): boolean {
  return SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(floor);
}

/** Where a finding stands, in the words of the terminal. */
export function place(finding: Finding): string {
  const { path, member, cell, part, line } = finding.location;
  const words = [member, cell === undefined ? undefined : `cell ${cell}`];
  if (part && part !== 'source') {
    words.push(part);
  }
  const told = words.filter(Boolean).join(' › ');
  const where = told || path;
  return line === undefined ? where : `${where}:${line}`;
}

/** A name for one finding of a list that survives a new scan; equal findings are told apart by their place. */
export function identity(finding: Finding): string {
  const { cell_id, cell, part, line, column } = finding.location;
  return [finding.fingerprint, cell_id ?? cell, part, line, column].join(' ');
}

function says(finding: Finding, words: readonly string[]): boolean {
  const { rule, title, message, location, evidence } = finding;
  const text = [rule, title, message, location.path, place(finding), evidence.shown].join('\n').toLowerCase();
  return words.every(word => text.includes(word));
}

function compare(a: number | string, b: number | string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** An order like reading: file, cell, part, line. */
export function byPlace(a: Finding, b: Finding): number {
  const [p, q] = [a.location, b.location];
  return (
    compare(p.path, q.path) ||
    compare(p.cell ?? 0, q.cell ?? 0) ||
    compare(p.part === 'source' ? '' : (p.part ?? ''), q.part === 'source' ? '' : (q.part ?? '')) ||
    compare(p.line ?? 0, q.line ?? 0) ||
    compare(p.column ?? 0, q.column ?? 0) ||
    compare(a.rule, b.rule)
  );
}

export function bySeverity(a: Finding, b: Finding): number {
  return SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || byPlace(a, b);
}

/** What the choice leaves, in the order chosen. */
export function chosen(findings: readonly Finding[], choice: Choice): Finding[] {
  const words = choice.words.toLowerCase().split(/\s+/).filter(Boolean);
  return findings
    .filter(finding => choice.severities.has(finding.severity) && (choice.judged || isNew(finding)))
    .filter(finding => says(finding, words))
    .sort(choice.order === 'severity' ? bySeverity : byPlace);
}

function groupKey(finding: Finding, grouping: Grouping): string {
  switch (grouping) {
    case 'severity':
      return finding.severity;
    case 'rule':
      return finding.rule;
    case 'file':
      return finding.location.path;
    case 'place':
      return finding.location.cell === undefined ? finding.location.path : `cell ${finding.location.cell}`;
    default:
      return '';
  }
}

/** The findings under headings, in the order in which the headings first occur. */
export function grouped(findings: readonly Finding[], grouping: Grouping): Group[] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const key = groupKey(finding, grouping);
    const group = groups.get(key);
    if (group) {
      group.push(finding);
    } else {
      groups.set(key, [finding]);
    }
  }
  return [...groups].map(([key, members]) => ({ key, findings: members }));
}

/** The next finding after (or before, with step -1) the one called `current`, round and round. */
export function neighbour(
  findings: readonly Finding[],
  current: string | null,
  step: 1 | -1
): Finding | null {
  if (findings.length === 0) {
    return null;
  }
  const index = findings.findIndex(finding => identity(finding) === current);
  const next = index < 0 ? (step > 0 ? 0 : findings.length - 1) : index + step;
  return findings[(next + findings.length) % findings.length] ?? null;
}

/** Those that were not there before, by identity. */
export function arrived(before: ReadonlySet<string>, findings: readonly Finding[]): Finding[] {
  return findings.filter(finding => isNew(finding) && !before.has(finding.fingerprint));
}

/** Text and code of a sentence with `backticks`, each with its offset as a key. */
export function spans(text: string): { at: number; code: boolean; words: string }[] {
  let at = 0;
  return text.split('`').map((words, index) => {
    const one = { at, code: index % 2 === 1, words: index % 2 === 1 ? words : words.replace(/\s+/g, ' ') };
    at += words.length + 1;
    return one;
  });
}
