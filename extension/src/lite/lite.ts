/** Answers in the server's place where there is none (JupyterLite): secrets by the form of their keys, nothing else. */

import type { TextAnswer } from '../api';
import type {
  CellContent,
  Finding,
  Gap,
  LiveAnswer,
  LiveRequest,
  Location,
  Rule,
  TextRequest
} from '../report';
import type { Match } from './find';

type Told = Rule & { id: string };
type Answer = { id: number; found: Match[][]; rules: Told[] };
type Part = { part: string; text: string };

const NAME = 'secrets';

interface Session {
  revision: number;
  order: string[];
  readonly cells: Map<string, { parts: Part[]; found: Match[][] }>;
}

/** The server does not know this notebook: ask again with all of it. */
export class Unknown extends Error {
  override readonly name = 'Unknown';
}

export class Lite {
  private readonly sessions = new Map<string, Session>();
  private readonly waiting = new Map<number, (answer: Answer) => void>();
  private readonly salt = crypto.getRandomValues(new Uint32Array(1))[0] ?? 1;
  private asked = 0;

  constructor(private readonly worker: Pick<Worker, 'postMessage' | 'addEventListener'> = started()) {
    worker.addEventListener('message', event => {
      const answer = (event as MessageEvent<Answer>).data;
      this.waiting.get(answer.id)?.(answer);
      this.waiting.delete(answer.id);
    });
  }

  async live(request: LiveRequest): Promise<LiveAnswer> {
    const known = this.sessions.get(request.session);
    if (request.base !== null && known?.revision !== request.base) {
      throw new Unknown();
    }
    const session: Session =
      request.base === null || !known ? { revision: 0, order: [], cells: new Map() } : known;
    this.sessions.set(request.session, session);
    session.order = request.order ?? session.order;
    const parts = request.cells.map(cell => partsOf(cell));
    const answer = await this.ask(parts.flat().map(({ text }) => text));
    let next = 0;
    request.cells.forEach((cell, index) => {
      const own = parts[index] ?? [];
      session.cells.set(cell.id, { parts: own, found: answer.found.slice(next, next + own.length) });
      next += own.length;
    });
    session.revision += 1;
    const findings = session.order.flatMap((id, index) => {
      const cell = session.cells.get(id);
      return (cell?.parts ?? []).flatMap(({ part, text }, at) =>
        (cell?.found[at] ?? []).map(match =>
          this.finding(match, text, { path: request.path, cell: index + 1, cell_id: id, part }, answer.rules)
        )
      );
    });
    return {
      revision: session.revision,
      findings,
      gaps: gaps(request.path),
      rules: rulesOf(findings, answer.rules)
    };
  }

  async text(request: TextRequest): Promise<TextAnswer> {
    const { found, rules } = await this.ask([request.text]);
    const findings = (found[0] ?? []).map(match =>
      this.finding(match, request.text, { path: request.path }, rules)
    );
    return { findings, gaps: gaps(request.path), rules: rulesOf(findings, rules) };
  }

  close(session: string): void {
    this.sessions.delete(session);
  }

  private ask(texts: readonly string[]): Promise<Answer> {
    this.asked += 1;
    const id = this.asked;
    return new Promise(resolve => {
      this.waiting.set(id, resolve);
      this.worker.postMessage({ id, texts });
    });
  }

  private finding(match: Match, text: string, place: Location, rules: readonly Told[]): Finding {
    const rule = rules.find(({ id }) => id === match.rule);
    const secret = text.slice(match.start, match.end);
    const digest = this.digest(secret);
    return {
      rule: match.rule,
      title: rule?.title ?? match.rule,
      scanner: NAME,
      severity: rule?.severity ?? 'high',
      confidence: 'medium',
      message: rule?.title ?? match.rule,
      location: { ...place, ...span(text, match) },
      evidence: { shown: `${secret.slice(0, match.prefix)}…(${secret.length} characters)`, digest },
      fingerprint: [match.rule, place.cell_id ?? place.path, place.part ?? '', digest].join(' '),
      status: 'new',
      fixes: [],
      references: []
    };
  }

  /** Tells equal secrets of this page apart from others; nothing of one can be read in it. */
  private digest(secret: string): string {
    let hash = this.salt;
    for (let index = 0; index < secret.length; index += 1) {
      hash = Math.imul(hash ^ secret.charCodeAt(index), 0x01000193);
    }
    return (hash >>> 0).toString(16).padStart(8, '0');
  }
}

function started(): Worker {
  return new Worker(new URL('./worker.js', import.meta.url));
}

/** What was not looked at must be said. */
function gaps(path: string): Gap[] {
  const reason = 'there is no server: keys of known forms were looked for, and nothing else';
  return [{ location: { path }, scanner: NAME, reason, code: 'unsupported' }];
}

function rulesOf(findings: readonly Finding[], rules: readonly Told[]): Record<string, Rule> {
  const used = new Set(findings.map(({ rule }) => rule));
  return Object.fromEntries(rules.filter(({ id }) => used.has(id)).map(({ id, ...rule }) => [id, rule]));
}

function span(text: string, { start, end }: Match): Partial<Location> {
  const [line, column] = place(text, start);
  const [end_line, end_column] = place(text, end);
  return { line, column, end_line, end_column };
}

/** Line and column from 1; columns count characters as Python does, not halves of them. */
function place(text: string, offset: number): [number, number] {
  const before = text.slice(0, offset);
  const start = before.lastIndexOf('\n') + 1;
  return [before.split('\n').length, [...before.slice(start)].length + 1];
}

function partsOf(cell: CellContent): Part[] {
  const outputs = (cell.outputs ?? []).flatMap((output, index) =>
    textsOf(output).map(([name, text]) => ({ part: `output ${index + 1} ${name}`, text }))
  );
  return [{ part: 'source', text: cell.source }, ...outputs];
}

function textsOf(output: Record<string, unknown>): [string, string][] {
  if (output.output_type === 'stream') {
    return [[String(output.name ?? 'stdout'), joined(output.text)]];
  }
  if (output.output_type === 'error') {
    return [['traceback', joined(output.traceback, '\n')]];
  }
  return Object.entries((output.data ?? {}) as Record<string, unknown>)
    .filter(([mime]) => mime.startsWith('text/') || mime.endsWith('json'))
    .map(([mime, value]) => [
      mime,
      typeof value === 'object' && !Array.isArray(value) ? JSON.stringify(value) : joined(value)
    ]);
}

function joined(value: unknown, between = ''): string {
  return Array.isArray(value) ? value.join(between) : String(value ?? '');
}
