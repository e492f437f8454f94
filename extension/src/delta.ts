/** Sends of an open notebook only what changed. No DOM, no JupyterLab. */
import type { CellContent, LiveRequest } from './report';

/** Characters of one piece of output that are sent; more is left to the scan of the file. */
export const PIECE = 200_000;
const TEXT = /^(text\/|application\/(json|javascript|xml|.*\+(json|xml)$)|image\/svg\+xml$)/;

export interface Slim {
  readonly outputs: Record<string, unknown>[];
  readonly omitted: number;
}

type Output = Record<string, unknown>;

function length(value: unknown): number {
  if (typeof value === 'string') {
    return value.length;
  }
  return Array.isArray(value) ? value.reduce<number>((sum, item) => sum + length(item), 0) : 0;
}

function slimBundle(data: Output): [Output, number] {
  const kept = Object.entries(data).filter(([mime, value]) => TEXT.test(mime) && length(value) <= PIECE);
  return [Object.fromEntries(kept), Object.keys(data).length - kept.length];
}

/** Outputs without images, other binary data and very long pieces; numbers and order of outputs stay. */
export function slim(outputs: readonly Output[]): Slim {
  let omitted = 0;
  const kept = outputs.map(output => {
    if (output.data && typeof output.data === 'object') {
      const [data, dropped] = slimBundle(output.data as Output);
      omitted += dropped;
      return { ...output, data };
    }
    if (length(output.text) > PIECE) {
      omitted += 1;
      return { ...output, text: '' };
    }
    return output;
  });
  return { outputs: kept, omitted };
}

/** 53 bits of a string (cyrb53): tells cells apart that differ, and is no secret. */
export function hash(text: string): number {
  let [a, b] = [0xdeadbeef, 0x41c6ce57];
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    a = Math.imul(a ^ code, 2654435761);
    b = Math.imul(b ^ code, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return 4294967296 * (2097151 & b) + (a >>> 0);
}

export interface Source {
  readonly path: string;
  readonly language: string | null;
  readonly order: readonly string[];
  /** The cell as it stands now, without what is not sent. */
  cell(id: string): { content: CellContent; omitted: number };
}

/** What the server knows of one open notebook, and what it has yet to be told. */
export class Delta {
  private base: number | null = null;
  private order: string | null = null;
  private readonly known = new Map<string, { hash: number; omitted: number }>();
  private readonly dirty = new Set<string>();
  private pending: { order: string; cells: Map<string, { hash: number; omitted: number }> } | null = null;

  constructor(private readonly session: string) {}

  touch(id: string): void {
    this.dirty.add(id);
  }

  /** The server has forgotten; the next request holds everything. */
  reset(): void {
    this.base = null;
    this.order = null;
    this.known.clear();
  }

  /** The next request, or null when nothing changed since the last one that was answered. */
  request(source: Source): LiveRequest | null {
    const cells: CellContent[] = [];
    const sent = new Map<string, { hash: number; omitted: number }>();
    for (const id of source.order) {
      const before = this.known.get(id);
      if (before && !this.dirty.has(id)) {
        continue;
      }
      const { content, omitted } = source.cell(id);
      const now = hash(JSON.stringify(content));
      if (before?.hash !== now) {
        cells.push(content);
      }
      sent.set(id, { hash: now, omitted });
    }
    const order = source.order.join(' ');
    this.pending = { order, cells: sent };
    this.dirty.clear();
    if (this.base !== null && cells.length === 0 && order === this.order) {
      return null;
    }
    return {
      session: this.session,
      path: source.path,
      base: this.base,
      language: source.language,
      ...(order === this.order ? {} : { order: [...source.order] }),
      cells,
      omitted: this.omitted(source.order, sent)
    };
  }

  /** The last request was answered. */
  accept(revision: number): void {
    this.base = revision;
    if (this.pending) {
      this.order = this.pending.order;
      for (const [id, state] of this.pending.cells) {
        this.known.set(id, state);
      }
      this.pending = null;
    }
  }

  /** The last request was not answered: what it held is still to be told. */
  reject(): void {
    for (const id of this.pending?.cells.keys() ?? []) {
      this.dirty.add(id);
    }
    this.pending = null;
  }

  private omitted(order: readonly string[], sent: ReadonlyMap<string, { omitted: number }>): number {
    return order.reduce((sum, id) => sum + ((sent.get(id) ?? this.known.get(id))?.omitted ?? 0), 0);
  }
}
