/** What trusting a notebook would let run. No DOM: what is untrusted is read as text and never made into a page. */

export type Danger = 'script' | 'javascript' | 'event' | 'frame' | 'link' | 'form' | 'widget';

export interface Risk {
  readonly cellId: string;
  readonly cell: number;
  readonly danger: Danger;
  readonly count: number;
  readonly hosts: readonly string[];
}

type Output = Record<string, unknown>;

const PATTERNS: readonly (readonly [Danger, RegExp])[] = [
  ['script', /<script[\s/>]/gi],
  ['javascript', /(?:href|src|action|data)\s*=\s*["']?\s*(?:javascript|data:text\/html)/gi],
  ['event', /<[a-z][^<>]*\son[a-z]{3,}\s*=/gi],
  ['frame', /<(?:iframe|object|embed|frame)[\s/>]/gi],
  ['form', /<form[\s/>]/gi],
  ['link', /<(?:a|area)\s[^<>]*href\s*=\s*["']?\s*https?:/gi]
];
const MARKUP = /^(text\/html|text\/markdown|image\/svg\+xml)$/;
const RUNS = /^(application\/javascript|text\/javascript)$/;
const WIDGET = 'application/vnd.jupyter.widget-view+json';
const HOST = /\b(?:src|href|action|data)\s*=\s*["']?\s*https?:\/\/([^\s"'/>?#:]+)/gi;

function text(value: unknown): string {
  return Array.isArray(value) ? value.join('') : typeof value === 'string' ? value : '';
}

function hosts(markup: string): string[] {
  return [...markup.matchAll(HOST)].map(match => (match[1] ?? '').toLowerCase());
}

function ofBundle(data: Output): Map<Danger, { count: number; hosts: Set<string> }> {
  const found = new Map<Danger, { count: number; hosts: Set<string> }>();
  const add = (danger: Danger, count: number, names: readonly string[]) => {
    if (count > 0) {
      const entry = found.get(danger) ?? { count: 0, hosts: new Set<string>() };
      entry.count += count;
      for (const name of names) {
        entry.hosts.add(name);
      }
      found.set(danger, entry);
    }
  };
  for (const [mime, value] of Object.entries(data)) {
    if (RUNS.test(mime)) {
      add('script', 1, []);
    } else if (mime === WIDGET) {
      add('widget', 1, []);
    } else if (MARKUP.test(mime)) {
      const markup = text(value);
      for (const [danger, pattern] of PATTERNS) {
        add(danger, markup.match(pattern)?.length ?? 0, hosts(markup));
      }
    }
  }
  return found;
}

/** Everything in one cell's outputs that JupyterLab holds back until the notebook is trusted. */
export function risks(cellId: string, cell: number, outputs: readonly Output[]): Risk[] {
  const all = new Map<Danger, { count: number; hosts: Set<string> }>();
  for (const output of outputs) {
    if (!output.data || typeof output.data !== 'object') {
      continue;
    }
    for (const [danger, entry] of ofBundle(output.data as Output)) {
      const sum = all.get(danger) ?? { count: 0, hosts: new Set<string>() };
      sum.count += entry.count;
      for (const name of entry.hosts) {
        sum.hosts.add(name);
      }
      all.set(danger, sum);
    }
  }
  return [...all].map(([danger, { count, hosts: names }]) => ({
    cellId,
    cell,
    danger,
    count,
    hosts: [...names].sort()
  }));
}
