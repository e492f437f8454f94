/** An open file that is no notebook, scanned while it is edited. */
import type { CodeEditor } from '@jupyterlab/codeeditor';
import { PathExt } from '@jupyterlab/coreutils';
import type { DocumentRegistry, IDocumentWidget } from '@jupyterlab/docregistry';
import type { FileEditor } from '@jupyterlab/fileeditor';
import type { IDisposable } from '@lumino/disposable';
import { Debouncer } from '@lumino/polling';
import { Signal } from '@lumino/signaling';
import { Refused } from './api';
import { applied, changes, ignoreChange, ignoreComment, preview, work } from './edits';
import type { Tools } from './notebook';
import { span } from './positions';
import type { Finding, Fix, Gap, Rule } from './report';
import type { Mended, Preview, State, Subject } from './subject';
import type { Risk } from './trusting';

type Pairs = readonly (readonly [Finding, Fix])[];

const LANGUAGES: Record<string, string> = {
  '.py': 'python',
  '.r': 'r',
  '.jl': 'julia',
  '.sh': 'bash',
  '.yaml': 'yaml',
  '.yml': 'yaml',
  '.toml': 'toml',
  '.js': 'javascript',
  '.ts': 'typescript',
  '.md': 'markdown',
  '.html': 'html',
  '.txt': 'yaml',
  '.env': 'yaml'
};
/** Characters; what is longer is left to the scan of the folder. */
const LONGEST = 2_000_000;

export class LiveFile implements Subject, IDisposable {
  readonly kind = 'file';
  readonly changed = new Signal<this, void>(this);
  readonly risks: readonly Risk[] = [];
  findings: readonly Finding[] = [];
  gaps: readonly Gap[] = [];
  rules: Readonly<Record<string, Rule>> = {};
  state: State = 'waiting';
  message = '';
  isDisposed = false;
  private readonly debouncer: Debouncer;
  private asked = 0;

  constructor(
    readonly panel: IDocumentWidget<FileEditor>,
    private readonly tools: Tools
  ) {
    this.debouncer = new Debouncer(() => this.scan(), tools.delay());
    panel.disposed.connect(this.dispose, this);
    void panel.context.ready.then(() => {
      panel.context.model.contentChanged.connect(() => void this.debouncer.invoke(), this);
      void this.scan();
    });
  }

  get path(): string {
    return this.panel.context.path;
  }

  dispose(): void {
    if (!this.isDisposed) {
      this.isDisposed = true;
      this.debouncer.dispose();
      Signal.clearData(this);
    }
  }

  async scan(): Promise<void> {
    const text = this.text();
    if (this.isDisposed || text.length > LONGEST) {
      return;
    }
    this.asked += 1;
    const mine = this.asked;
    this.tell('scanning', '');
    try {
      const answer = await this.tools.api.text({ path: this.path, text });
      if (mine === this.asked && !this.isDisposed) {
        ({ findings: this.findings, gaps: this.gaps, rules: this.rules } = answer);
        const fresh = this.findings.filter(finding => finding.status === 'new');
        this.tools.marks.put(
          this.model(),
          fresh.map(finding => ({
            finding,
            why: this.rules[finding.rule]?.why ?? '',
            actions: this.tools.actions(this, finding)
          }))
        );
        this.tell('ready', '');
      }
    } catch (error) {
      const absent = error instanceof Refused && (error.status === 404 || error.status === 501);
      this.tell(absent ? 'absent' : 'failed', error instanceof Error ? error.message : String(error));
    }
  }

  async reveal(finding: Finding): Promise<void> {
    const { editor } = this.panel.content;
    const { from, to } = span(this.text(), finding.location);
    const [start, end] = [editor.getPositionAt(from), editor.getPositionAt(to)];
    if (start && end) {
      editor.setSelection({ start, end });
      editor.revealSelection({ start, end });
    }
    editor.focus();
  }

  mend(pairs: Pairs): Mended {
    const text = this.text();
    const list = [...work(pairs).values()].flatMap(one => changes(text, one.source));
    if (applied(text, list) === text) {
      return { done: 0, undo: null };
    }
    const shared = this.model().sharedModel;
    shared.transact(() => {
      for (const { from, to, insert } of list) {
        shared.updateSource(from, to, insert);
      }
    });
    return { done: pairs.length, undo: null };
  }

  preview(pairs: Pairs): Preview[] {
    const text = this.text();
    return pairs.map(([finding, fix]) => ({ finding, ...preview(text, finding, fix) }));
  }

  ignore(finding: Finding, reason: string): boolean {
    const comment = ignoreComment(
      finding.rule,
      reason,
      LANGUAGES[PathExt.extname(this.path).toLowerCase()] ?? ''
    );
    if (!comment) {
      return false;
    }
    const line = finding.location.end_line ?? finding.location.line ?? 1;
    const { from, to, insert } = ignoreChange(this.text(), line, comment);
    this.model().sharedModel.updateSource(from, to, insert);
    return true;
  }

  private model(): CodeEditor.IModel {
    return this.panel.context.model as unknown as DocumentRegistry.ICodeModel;
  }

  private text(): string {
    return this.model().sharedModel.getSource();
  }

  private tell(state: State, message: string): void {
    this.state = state;
    this.message = message;
    this.changed.emit();
  }
}
