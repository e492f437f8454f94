/** Follows what the user looks at: every open notebook and file is scanned, the current one is shown. */
import type { IDocumentWidget } from '@jupyterlab/docregistry';
import type { FileEditor, IEditorTracker } from '@jupyterlab/fileeditor';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { Signal } from '@lumino/signaling';
import type { Widget } from '@lumino/widgets';
import { LiveFile } from './file';
import { LiveNotebook, type Tools } from './notebook';
import type { Subject } from './subject';

export class Watch {
  /** The current subject is another one. */
  readonly switched = new Signal<this, void>(this);
  /** The findings or the state of the current subject changed. */
  readonly changed = new Signal<this, Subject | null>(this);
  current: Subject | null = null;
  private readonly subjects = new Map<Widget, Subject>();

  constructor(
    private readonly tools: Tools,
    private readonly notebooks: INotebookTracker,
    private readonly files: IEditorTracker | null,
    private readonly wanted: () => { live: boolean; files: boolean }
  ) {
    notebooks.widgetAdded.connect((_, panel) => this.addNotebook(panel));
    notebooks.currentChanged.connect((_, panel) => panel && this.show(panel));
    notebooks.forEach(panel => {
      this.addNotebook(panel);
    });
    files?.widgetAdded.connect((_, panel) => this.addFile(panel));
    files?.currentChanged.connect((_, panel) => panel && this.show(panel));
    files?.forEach(panel => {
      this.addFile(panel);
    });
    const now = notebooks.currentWidget ?? files?.currentWidget;
    if (now) {
      this.show(now);
    }
  }

  of(widget: Widget): Subject | null {
    return this.subjects.get(widget) ?? null;
  }

  notebook(panel: NotebookPanel): LiveNotebook | null {
    const subject = this.subjects.get(panel);
    return subject instanceof LiveNotebook ? subject : null;
  }

  /** The subject of a path, when it is open. */
  at(path: string): Subject | null {
    return [...this.subjects.values()].find(subject => subject.path === path) ?? null;
  }

  all(): Iterable<Subject> {
    return this.subjects.values();
  }

  private addNotebook(panel: NotebookPanel): void {
    if (this.wanted().live && !this.subjects.has(panel)) {
      this.add(panel, new LiveNotebook(panel, this.tools));
    }
  }

  private addFile(panel: IDocumentWidget<FileEditor>): void {
    if (this.wanted().files && !this.subjects.has(panel)) {
      this.add(panel, new LiveFile(panel, this.tools));
    }
  }

  private add(widget: Widget, subject: Subject): void {
    this.subjects.set(widget, subject);
    subject.changed.connect(() => subject === this.current && this.changed.emit(subject));
    widget.disposed.connect(() => {
      this.subjects.delete(widget);
      if (this.current === subject) {
        this.become(null);
      }
    });
    if (widget === this.notebooks.currentWidget || (!this.current && widget === this.files?.currentWidget)) {
      this.become(subject);
    }
  }

  private show(widget: Widget): void {
    const subject = this.subjects.get(widget);
    if (subject && subject !== this.current) {
      this.become(subject);
    }
  }

  private become(subject: Subject | null): void {
    this.current = subject;
    this.switched.emit();
    this.changed.emit(subject);
  }
}
