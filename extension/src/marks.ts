/** Squiggles, gutter marks and hovers in editors of cells and files. */
import { type Diagnostic, lintGutter, setDiagnostics } from '@codemirror/lint';
import type { Extension } from '@codemirror/state';
import { type EditorView, ViewPlugin } from '@codemirror/view';
import type { CodeEditor } from '@jupyterlab/codeeditor';
import { EditorExtensionRegistry, type IEditorExtensionRegistry } from '@jupyterlab/codemirror';
import { Signal } from '@lumino/signaling';
import { spans } from './model';
import { span } from './positions';
import type { Finding, Severity } from './report';

export interface Action {
  readonly label: string;
  run(): void;
}

/** One finding in one editor, with what can be done about it. */
export interface Mark {
  readonly finding: Finding;
  readonly why: string;
  readonly actions: readonly Action[];
}

const LEVELS: Record<Severity, Diagnostic['severity']> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'info',
  info: 'hint'
};

/** The marks of every editor, by the editor's model. */
export class Marks {
  readonly changed = new Signal<this, CodeEditor.IModel>(this);
  private readonly marks = new WeakMap<CodeEditor.IModel, { key: string; list: readonly Mark[] }>();

  of(model: CodeEditor.IModel): readonly Mark[] {
    return this.marks.get(model)?.list ?? [];
  }

  /** Only a real change is told: a second dispatch would close the tooltip that the user is reading. */
  put(model: CodeEditor.IModel, list: readonly Mark[]): void {
    const key = JSON.stringify(list.map(mark => [mark.finding, mark.actions.map(action => action.label)]));
    if (key !== (this.marks.get(model)?.key ?? '[]')) {
      this.marks.set(model, { key, list });
      this.changed.emit(model);
    }
  }
}

function prose(text: string): Node[] {
  return spans(text).map(({ code, words }) => {
    const node = document.createElement(code ? 'code' : 'span');
    node.textContent = words;
    return node;
  });
}

function message(mark: Mark): Node {
  const node = document.createElement('div');
  node.className = 'mlsec-tip';
  const head = node.appendChild(document.createElement('div'));
  head.className = 'mlsec-tip-title';
  head.textContent = mark.finding.title;
  if (mark.finding.message !== mark.finding.title) {
    node.appendChild(document.createElement('div')).append(...prose(mark.finding.message));
  }
  if (mark.why) {
    const why = node.appendChild(document.createElement('div'));
    why.className = 'mlsec-tip-why';
    why.append(...prose(mark.why));
  }
  return node;
}

function diagnostics(text: string, marks: readonly Mark[]): Diagnostic[] {
  return marks
    .map(mark => ({
      ...span(text, mark.finding.location),
      severity: LEVELS[mark.finding.severity],
      source: mark.finding.rule,
      message: mark.finding.title,
      renderMessage: () => message(mark),
      actions: mark.actions.map(action => ({ name: action.label, apply: () => action.run() }))
    }))
    .sort((a, b) => a.from - b.from);
}

class Painter {
  private frame = 0;

  constructor(
    private readonly view: EditorView,
    private readonly marks: Marks,
    private readonly model: CodeEditor.IModel
  ) {
    marks.changed.connect(this.onChanged, this);
    if (marks.of(model).length > 0) {
      // A view must not be changed while it is being made.
      this.frame = requestAnimationFrame(() => this.paint());
    }
  }

  destroy(): void {
    cancelAnimationFrame(this.frame);
    this.marks.changed.disconnect(this.onChanged, this);
  }

  private onChanged(_: Marks, model: CodeEditor.IModel): void {
    if (model === this.model) {
      this.paint();
    }
  }

  private paint(): void {
    cancelAnimationFrame(this.frame);
    const { state } = this.view;
    this.view.dispatch(setDiagnostics(state, diagnostics(state.doc.toString(), this.marks.of(this.model))));
  }
}

/** Gives every editor that is made from now on the marks of its model. */
export function register(editors: IEditorExtensionRegistry, marks: Marks, gutter: () => boolean): void {
  editors.addExtension({
    name: 'mlsec-marks',
    factory: options => {
      const extensions: Extension[] = [ViewPlugin.define(view => new Painter(view, marks, options.model))];
      if (gutter()) {
        extensions.push(lintGutter());
      }
      return EditorExtensionRegistry.createImmutableExtension(extensions);
    }
  });
}
