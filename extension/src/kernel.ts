/** The switch of the kernel guard: runs code in a kernel only when the user presses it. */
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { KernelMessage } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';

export type GuardState = 'none' | 'unknown' | 'on' | 'off' | 'missing';

/** Expressions, so that nothing is left behind in the user's names. */
const GUARD = '__import__("mlsec_nb").guard()';

interface Answer {
  readonly status?: string;
  readonly user_expressions?: { readonly told?: { readonly data?: Record<string, string> } };
}

export class KernelGuard {
  readonly changed = new Signal<this, void>(this);
  /** What the kernel's guard says of itself. */
  told = '';
  private readonly states = new Map<string, GuardState>();

  constructor(private readonly notebooks: INotebookTracker) {
    notebooks.currentChanged.connect((_, panel) => {
      panel?.sessionContext.statusChanged.connect(this.onStatus, this);
      panel?.sessionContext.kernelChanged.connect(() => this.changed.emit(), this);
      this.changed.emit();
    });
  }

  get state(): GuardState {
    const id = this.kernel()?.id;
    return id ? (this.states.get(id) ?? 'unknown') : 'none';
  }

  async turn(on: boolean): Promise<void> {
    const kernel = this.kernel();
    if (!kernel) {
      return;
    }
    const content: KernelMessage.IExecuteRequestMsg['content'] = {
      code: `${GUARD}.${on ? 'on' : 'off'}()`,
      silent: true,
      user_expressions: { told: `${GUARD}.status()` },
      store_history: false,
      allow_stdin: false,
      stop_on_error: false
    };
    const reply = await kernel.requestExecute(content).done;
    const answer = reply?.content as Answer | undefined;
    const done = answer?.status === 'ok';
    this.told = answer?.user_expressions?.told?.data?.['text/plain']?.replace(/^'|'$/g, '') ?? '';
    this.states.set(kernel.id, done ? (on ? 'on' : 'off') : 'missing');
    this.changed.emit();
  }

  private kernel() {
    const panel: NotebookPanel | null = this.notebooks.currentWidget;
    return panel?.sessionContext.session?.kernel ?? null;
  }

  /** A kernel that starts again has forgotten its guard. */
  private onStatus(): void {
    const kernel = this.kernel();
    if (kernel && ['restarting', 'autorestarting', 'dead', 'terminating'].includes(kernel.status)) {
      this.states.delete(kernel.id);
      this.changed.emit();
    }
  }
}
