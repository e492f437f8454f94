/** Fixes as changes of one text. No DOM, no JupyterLab. */
import { editSpan, offset, type Span } from './positions';
import type { Edit, Finding, Fix } from './report';

export interface Change extends Span {
  readonly insert: string;
}

export const REDACTED = '[redacted-by-mlsec]';

/** What several fixes ask of one cell (or file). */
export interface Work {
  readonly source: Edit[];
  readonly outputs: Edit[];
  clear: boolean;
}

const inSource = (edit: Edit) => (edit.location.part ?? 'source') === 'source';

/** The edits of fixes by the cell that they change, which need not be the cell of the finding. */
export function work(pairs: readonly (readonly [Finding, Fix])[]): Map<string, Work> {
  const cells = new Map<string, Work>();
  const of = (id: string | undefined): Work => {
    const found = cells.get(id ?? '') ?? { source: [], outputs: [], clear: false };
    cells.set(id ?? '', found);
    return found;
  };
  for (const [finding, fix] of pairs) {
    if (fix.action === 'clear-output') {
      of(finding.location.cell_id).clear = true;
      continue;
    }
    for (const edit of fix.edits) {
      const masked = fix.action === 'redact' ? { ...edit, replacement: edit.replacement || REDACTED } : edit;
      const one = of(edit.location.cell_id);
      (inSource(edit) ? one.source : one.outputs).push(masked);
    }
  }
  return cells;
}

/** The changes of a text, the last first, so that earlier offsets stay true; overlapping ones are left out. */
export function changes(text: string, edits: readonly Edit[]): Change[] {
  const all = new Map<string, Change>();
  for (const edit of edits) {
    const { from, to } = editSpan(text, edit.location);
    const insert = edit.replacement;
    all.set(`${from} ${to} ${insert}`, { from, to, insert }); // several fixes may want the same import
  }
  let floor = Number.POSITIVE_INFINITY;
  const fitting: Change[] = [];
  for (const change of [...all.values()].sort((a, b) => b.from - a.from || b.to - a.to)) {
    if (change.to <= floor) {
      fitting.push(change);
      floor = change.from;
    }
  }
  return fitting;
}

export function applied(text: string, list: readonly Change[]): string {
  return list.reduce((now, { from, to, insert }) => now.slice(0, from) + insert + now.slice(to), text);
}

function lineAt(text: string, at: number): string {
  return text.slice(text.lastIndexOf('\n', at - 1) + 1, (text.indexOf('\n', at) + 1 || text.length + 1) - 1);
}

/** The line of a finding before and after a fix; before, what was found is masked. */
export function preview(text: string, finding: Finding, fix: Fix): { before: string; after: string } {
  const edits = work([[finding, fix]]).get(finding.location.cell_id ?? '')?.source ?? [];
  const list = changes(text, edits);
  const main = list.find(change => change.to > change.from) ?? list[0];
  if (!main) {
    return { before: '', after: '' };
  }
  const masked = text.slice(0, main.from) + finding.evidence.shown + text.slice(main.to);
  const moved = list.filter(other => other.from < main.from).reduce((sum, c) => sum + growth(c), 0);
  return {
    before: main.to > main.from ? lineAt(masked, main.from).trim() : '',
    after: lineAt(applied(text, list), main.from + moved).trim()
  };
}

function growth(change: Change): number {
  return change.insert.length - (change.to - change.from);
}

const HASH = new Set([
  'python',
  'ipython',
  'r',
  'julia',
  'ruby',
  'bash',
  'sh',
  'shell',
  'yaml',
  'toml',
  'perl'
]);
const SLASHES = new Set([
  'javascript',
  'typescript',
  'java',
  'scala',
  'go',
  'rust',
  'c',
  'cpp',
  'c++',
  'c#',
  'kotlin'
]);

/** The comment that accepts a rule with a reason, in the comment form of the language; null where there is none. */
export function ignoreComment(rule: string, reason: string, language: string): string | null {
  const words = `mlsec: ignore[${rule}] ${reason.replace(/\s+/g, ' ').trim()}`;
  if (HASH.has(language)) {
    return `# ${words}`;
  }
  if (SLASHES.has(language)) {
    return `// ${words}`;
  }
  return language === 'markdown' || language === 'html' ? `<!-- ${words.replace(/--+>?/g, '–')} -->` : null;
}

/** Puts the comment at the end of the line. */
export function ignoreChange(text: string, line: number, comment: string): Change {
  const start = offset(text, line, 1);
  const end = text.indexOf('\n', start);
  const at = end < 0 ? text.length : end;
  return { from: at, to: at, insert: `  ${comment}` };
}
