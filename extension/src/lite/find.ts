/** Finds secrets by the form of their keys; knows neither notebooks nor the page. */
import type { Severity } from '../report';

export interface LiteRule {
  readonly id: string;
  readonly title: string;
  readonly severity: Severity;
  readonly why: string;
  readonly fix: string;
  readonly keywords: readonly string[];
  readonly pattern: RegExp;
  readonly prefix: number;
}

export interface Match {
  readonly rule: string;
  readonly start: number;
  readonly end: number;
  readonly prefix: number;
}

type Row = [string, string, Severity, number, number, string[], string, number, number];

/** What `rules.ts` holds. */
export interface Table {
  readonly texts: readonly string[];
  readonly rows: readonly Row[];
}

const BEFORE = '(?:(?<![A-Za-z0-9])|(?<=\\\\[nrtfbv])|(?<=%[0-9A-Fa-f]{2}))';
const AFTER = '(?![A-Za-z0-9])';
const WINDOW = 2000; // characters around a keyword in which its rule is tried
const MOST = 200; // matches in one text

/** The rules that this browser's regular expressions can say. */
export function rulesOf({ texts, rows }: Table): LiteRule[] {
  return rows.flatMap(([id, title, severity, why, fix, keywords, source, prefix, borders]) => {
    try {
      const pattern = new RegExp(borders ? `${BEFORE}(?:${source})${AFTER}` : source, 'g');
      return [
        { id, title, severity, why: texts[why] ?? '', fix: texts[fix] ?? '', keywords, pattern, prefix }
      ];
    } catch {
      return [];
    }
  });
}

/** Every match in a text, each place once: the longest of those that meet. */
export function find(text: string, rules: readonly LiteRule[]): Match[] {
  const found: Match[] = [];
  for (const rule of rules) {
    for (const [from, to] of windows(text, rule.keywords)) {
      const part = text.slice(from, to);
      rule.pattern.lastIndex = 0;
      for (
        let match = rule.pattern.exec(part);
        match && found.length < MOST;
        match = rule.pattern.exec(part)
      ) {
        const secret = match.groups?.secret ?? match[0];
        const start = from + match.index + match[0].indexOf(secret);
        if (isReal(secret.slice(rule.prefix))) {
          found.push({ rule: rule.id, start, end: start + secret.length, prefix: rule.prefix });
        }
        rule.pattern.lastIndex += match[0].length === 0 ? 1 : 0;
      }
    }
  }
  found.sort((a, b) => a.start - b.start || b.end - a.end);
  return found.filter((one, index) => !found.slice(0, index).some(other => one.start < other.end));
}

/** The parts of a text in which a keyword stands. */
function windows(text: string, keywords: readonly string[]): [number, number][] {
  const found: [number, number][] = [];
  for (const word of keywords) {
    for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
      const last = found.at(-1);
      const [from, to] = [Math.max(0, at - WINDOW), at + WINDOW];
      if (last && from <= last[1] && from >= last[0]) {
        last[1] = to;
      } else {
        found.push([from, to]);
      }
    }
  }
  return found;
}

/** Not what stands where a key will stand ("xxxx", "your-key-here"). */
export function isReal(body: string): boolean {
  if (/(?:your|example|placeholder|changeme|redacted|dummy|sample)|x{6,}|\.{3}|\*{3}|<|>/i.test(body)) {
    return false;
  }
  const size = Math.min(body.length, 64);
  return size < 12 || entropy(body.slice(0, 64)) > 0.55 * Math.log2(Math.min(size, 36));
}

function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const letter of text) {
    counts.set(letter, (counts.get(letter) ?? 0) + 1);
  }
  return [...counts.values()].reduce((sum, n) => sum - (n / text.length) * Math.log2(n / text.length), 0);
}
