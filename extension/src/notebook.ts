/** An open notebook that is scanned while it is edited. */

import type { CodeCellModel } from '@jupyterlab/cells';
import { CodeCell, type ICellModel, MarkdownCell } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { IDisposable } from '@lumino/disposable';
import { Debouncer } from '@lumino/polling';
import { Signal } from '@lumino/signaling';
import { type Api, Refused } from './api';
import { Delta, slim } from './delta';
import { applied, changes, ignoreChange, ignoreComment, preview, work } from './edits';
import type { Action, Mark, Marks } from './marks';
import { redactOutput } from './outputs';
import { span } from './positions';
import type { CellContent, Edit, Finding, Fix, Gap, LiveAnswer, Rule } from './report';
import type { Mended, Preview, State, Subject } from './subject';
import { type Risk, risks } from './trusting';

type Pairs = readonly (readonly [Finding, Fix])[];
type Output = Record<string, unknown>;

export interface Tools {
  readonly api: Api;
  readonly marks: Marks;
  delay(): number;
  actions(subject: Subject, finding: Finding): Action[];
}

export class LiveNotebook implements Subject, IDisposable {
  readonly kind = 'notebook';
  readonly changed = new Signal<this, void>(this);
  findings: readonly Finding[] = [];
  gaps: readonly Gap[] = [];
  rules: Readonly<Record<string, Rule>> = {};
  state: State = 'waiting';
  message = '';
  isDisposed = false;
  private readonly session = crypto.randomUUID();
  private readonly delta = new Delta(this.session);
  private readonly debouncer: Debouncer;
  private readonly held = new WeakMap<ICellModel, readonly Risk[]>();
  private readonly byId = new Map<string, ICellModel>();
  private running: Promise<void> | null = null;

  constructor(
    readonly panel: NotebookPanel,
    private readonly tools: Tools
  ) {
    this.debouncer = new Debouncer(() => this.scan(), tools.delay());
    panel.disposed.connect(this.dispose, this);
    void panel.context.ready.then(() => this.start());
  }

  get path(): string {
    return this.panel.context.path;
  }

  /** What trusting the notebook would let run; nothing once it is trusted. */
  get risks(): readonly Risk[] {
    return [...this.cells()].flatMap(([cell, number]) => {
      if (cell.type !== 'code' || cell.trusted) {
        return [];
      }
      const known = this.held.get(cell) ?? risks(cell.id, number, this.outputs(cell));
      this.held.set(cell, known);
      return known.map(risk => ({ ...risk, cell: number }));
    });
  }

  /** What stands in the outputs under a MIME type. */
  bundles(mime: string): { cell: number; value: unknown }[] {
    return [...this.cells()].flatMap(([cell, number]) =>
      this.outputs(cell).flatMap(output => {
        const data = output.data as Output | undefined;
        return data && mime in data ? [{ cell: number, value: data[mime] }] : [];
      })
    );
  }

  dispose(): void {
    if (!this.isDisposed) {
      this.isDisposed = true;
      this.debouncer.dispose();
      void this.tools.api.close(this.session);
      Signal.clearData(this);
    }
  }

  /** One request at a time; what changes meanwhile is the next one. */
  async scan(): Promise<void> {
    while (this.running) {
      await this.running;
    }
    this.running = this.ask().finally(() => {
      this.running = null;
    });
    await this.running;
  }

  async reveal(finding: Finding): Promise<void> {
    const { content } = this.panel;
    const index = this.indexOf(finding);
    if (index < 0) {
      return;
    }
    content.deselectAll();
    content.activeCellIndex = index;
    // Turned down when another place is asked for meanwhile, which is where the user wants to be then.
    await content.scrollToItem(index, 'center').catch(() => undefined);
    if (content.activeCellIndex !== index) {
      return;
    }
    const cell = content.widgets[index];
    await cell?.ready;
    if (!cell || cell.isDisposed) {
      return;
    }
    const part = finding.location.part ?? 'source';
    if (part !== 'source') {
      flash(cell instanceof CodeCell ? cell.outputArea.node : cell.node);
      return;
    }
    if (cell instanceof MarkdownCell) {
      cell.rendered = false;
    }
    const { editor } = cell;
    if (editor) {
      const { from, to } = span(cell.model.sharedModel.getSource(), finding.location);
      const [start, end] = [editor.getPositionAt(from), editor.getPositionAt(to)];
      if (start && end) {
        editor.setSelection({ start, end });
        editor.revealSelection({ start, end });
      }
      editor.focus();
    }
    flash(cell.inputArea?.node ?? cell.node);
  }

  mend(pairs: Pairs): Mended {
    const cells = [...work(pairs)].map(([id, one]) => [this.cellOf(id), one] as const);
    let failed = 0;
    const sources = cells.filter(([, { source }]) => source.length > 0);
    step(sources.map(([cell]) => cell));
    for (const [cell, { source }] of sources) {
      failed += cell && mendSource(cell, source) ? 0 : 1;
    }
    step(sources.map(([cell]) => cell));
    const undos: (() => void)[] = [];
    for (const [cell, { clear, outputs }] of cells) {
      if (clear || outputs.length > 0) {
        const undo = cell?.type === 'code' ? mendOutputs(cell as CodeCellModel, clear, outputs) : null;
        failed += undo ? 0 : 1;
        undos.push(...(undo ? [undo] : []));
      }
    }
    const undo = () => {
      for (const one of undos) {
        one();
      }
    };
    return { done: Math.max(0, pairs.length - failed), undo: undos.length > 0 ? undo : null };
  }

  preview(pairs: Pairs): Preview[] {
    return pairs.map(([finding, fix]) => {
      const cell = this.cellOf(this.idOf(finding));
      const text = finding.location.part === 'source' ? (cell?.sharedModel.getSource() ?? '') : '';
      return { finding, ...preview(text, finding, fix) };
    });
  }

  ignore(finding: Finding, reason: string): boolean {
    const cell = this.cellOf(this.idOf(finding));
    const language = cell?.type === 'code' ? (this.language() ?? 'python') : 'markdown';
    const comment = ignoreComment(finding.rule, reason, language);
    if (!cell || !comment || finding.location.part !== 'source') {
      return false;
    }
    const { from, to, insert } = ignoreChange(
      cell.sharedModel.getSource(),
      finding.location.end_line ?? finding.location.line ?? 1,
      comment
    );
    step([cell]);
    cell.sharedModel.updateSource(from, to, insert);
    step([cell]);
    return true;
  }

  private start(): void {
    const model = this.panel.content.model;
    if (!model || this.isDisposed) {
      return;
    }
    const watched = new WeakSet<ICellModel>();
    const watch = () => {
      this.byId.clear();
      for (const [cell] of this.cells()) {
        this.byId.set(cell.id, cell);
        if (!watched.has(cell)) {
          watched.add(cell);
          cell.contentChanged.connect(this.onCell, this);
        }
      }
    };
    watch();
    model.cells.changed.connect(() => {
      watch();
      void this.debouncer.invoke();
    }, this);
    model.stateChanged.connect(() => this.changed.emit(), this);
    void this.scan();
  }

  private onCell(cell: ICellModel): void {
    this.delta.touch(cell.id);
    this.held.delete(cell);
    void this.debouncer.invoke();
  }

  private async ask(): Promise<void> {
    if (this.isDisposed) {
      return;
    }
    const request = this.delta.request({
      path: this.path,
      language: this.language(),
      order: [...this.cells()].map(([cell]) => cell.id),
      cell: id => this.content(id)
    });
    if (request === null) {
      return;
    }
    this.tell('scanning', '');
    try {
      this.receive(await this.tools.api.live(request));
    } catch (error) {
      this.delta.reject();
      await this.recover(error);
    }
  }

  private async recover(error: unknown): Promise<void> {
    if (error instanceof Refused && error.status === 409) {
      this.delta.reset();
      await this.ask();
    } else if (error instanceof Refused && (error.status === 404 || error.status === 501)) {
      this.tell('absent', error.message);
    } else {
      this.tell('failed', error instanceof Error ? error.message : String(error));
    }
  }

  private receive(answer: LiveAnswer): void {
    this.delta.accept(answer.revision);
    if (this.isDisposed) {
      return;
    }
    this.findings = answer.findings;
    this.gaps = answer.gaps;
    this.rules = answer.rules;
    for (const [cell] of this.cells()) {
      const here = this.findings.filter(
        finding =>
          finding.status === 'new' && this.idOf(finding) === cell.id && finding.location.part === 'source'
      );
      this.tools.marks.put(
        cell,
        here.map(finding => this.mark(finding))
      );
    }
    this.tell('ready', '');
  }

  private mark(finding: Finding): Mark {
    return { finding, why: this.rules[finding.rule]?.why ?? '', actions: this.tools.actions(this, finding) };
  }

  private tell(state: State, message: string): void {
    this.state = state;
    this.message = message;
    this.changed.emit();
  }

  private *cells(): Generator<[ICellModel, number]> {
    const cells = this.panel.content.model?.cells;
    for (let index = 0; index < (cells?.length ?? 0); index += 1) {
      const cell = cells?.get(index);
      if (cell) {
        yield [cell, index + 1];
      }
    }
  }

  private outputs(cell: ICellModel): Output[] {
    return cell.type === 'code' ? ((cell as CodeCellModel).outputs.toJSON() as unknown as Output[]) : [];
  }

  private content(id: string): { content: CellContent; omitted: number } {
    const cell = this.cellOf(id);
    if (!cell) {
      return { content: { id, cell_type: 'raw', source: '' }, omitted: 0 };
    }
    const { outputs, omitted } = slim(this.outputs(cell));
    const content: CellContent = {
      id,
      cell_type: cell.type as CellContent['cell_type'],
      source: cell.sharedModel.getSource(),
      metadata: cell.sharedModel.getMetadata() as Record<string, unknown>,
      ...(cell.type === 'code' ? { outputs } : {})
    };
    return { content, omitted };
  }

  private cellOf(id: string | undefined): ICellModel | null {
    return this.byId.get(id ?? '') ?? null;
  }

  private indexOf(finding: Finding): number {
    const id = this.idOf(finding);
    for (const [cell, number] of this.cells()) {
      if (cell.id === id) {
        return number - 1;
      }
    }
    return -1;
  }

  private idOf(finding: Finding): string | undefined {
    return finding.location.cell_id;
  }

  private language(): string | null {
    return this.panel.content.model?.defaultKernelLanguage || null;
  }
}

/** Shows for a moment where something is. */
export function flash(node: HTMLElement): void {
  node.classList.add('mlsec-flash');
  window.setTimeout(() => node.classList.remove('mlsec-flash'), 1500);
}

/** What the shared cell has beyond its public type; which history it is (cell or notebook) is a setting of JupyterLab. */
interface Undoable {
  readonly undoManager: { stopCapturing(): void } | null;
}

/** What comes now is another step of undo than what came before. */
function step(cells: readonly (ICellModel | null)[]): void {
  for (const cell of cells) {
    (cell?.sharedModel as Undoable | undefined)?.undoManager?.stopCapturing();
  }
}

function mendSource(cell: ICellModel, edits: readonly Edit[]): boolean {
  const text = cell.sharedModel.getSource();
  const list = changes(text, edits);
  cell.sharedModel.transact(() => {
    for (const { from, to, insert } of list) {
      cell.sharedModel.updateSource(from, to, insert);
    }
  });
  return list.length > 0 && applied(text, list) !== text;
}

/**
 * Outputs are not part of the history of the notebook, which cannot bring streams back whole; hence an undo of its own.
 * Must not run inside a transaction: JupyterLab would apply the change a second time at its end.
 */
function mendOutputs(cell: CodeCellModel, clear: boolean, edits: readonly Edit[]): (() => void) | null {
  const model = cell.outputs;
  const before = model.toJSON();
  const after = clear ? [] : redactOutput(before as unknown as Output[], edits);
  if (after === null) {
    return null;
  }
  if (clear) {
    model.clear();
  } else {
    after.forEach((output, index) => {
      if (output !== (before[index] as unknown)) {
        model.set(index, output as unknown as (typeof before)[0]);
      }
    });
  }
  return () => model.fromJSON(before);
}
