/** The save guard: says, or refuses, when a secret is about to be written to disk. */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { Desk } from './desk';
import { arrived, atLeast, isNew } from './model';
import type { LiveNotebook } from './notebook';
import type { Finding, NotSaved, SaveGuardMode } from './report';

export const EVENT = 'https://schema.mlsec-nb.org/not-saved/v1';
const MANUAL = new Set(['docmanager:save', 'docmanager:save-as', 'docmanager:save-all', 'notebook:save']);

/** Milliseconds that a save waits for its scan. */
const PATIENCE = 5000;

/** JupyterLab says nothing more of it: the guard has said it already. */
class Refusal extends Error {
  override readonly name = 'ModalCancelError';
}

export class SaveGuard {
  /** Fingerprints that the user was told of, by path: a toast for each finding, not for each save. */
  private readonly told = new Map<string, Set<string>>();
  private readonly saving = new Set<string>();
  private readonly heard = new Map<string, string>();
  private manual = 0;

  constructor(private readonly desk: Desk) {
    const { app } = desk;
    app.commands.commandExecuted.connect((_, { id }) => {
      if (MANUAL.has(id)) {
        this.manual = Date.now();
      }
    });
    void this.listen(app);
  }

  /** Wraps the saving of one notebook; the file is written only when the guard lets it. */
  guard(panel: NotebookPanel): void {
    const context = panel.context as DocumentRegistry.Context & {
      save: (...words: unknown[]) => Promise<void>;
    };
    const save = context.save.bind(context);
    context.save = async (...words: unknown[]) => {
      const subject = this.desk.watch.notebook(panel);
      if (subject && (await this.refuses(subject))) {
        throw new Refusal(this.desk.trans.__('Not saved: mlsec found a secret in the notebook.'));
      }
      this.saving.add(subject?.path ?? '');
      try {
        await save(...words);
      } finally {
        this.saving.delete(subject?.path ?? '');
      }
    };
  }

  /** The stronger of the user's choice and the server's: what the server would refuse is not even sent. */
  private get mode(): SaveGuardMode {
    const modes: readonly SaveGuardMode[] = [
      this.desk.settings.values.saveGuard,
      this.desk.status?.save_guard ?? 'off'
    ];
    return modes.includes('block') ? 'block' : modes.includes('warn') ? 'warn' : 'off';
  }

  private async refuses(subject: LiveNotebook): Promise<boolean> {
    const { saveGuardSeverity } = this.desk.settings.values;
    const mode = this.mode;
    if (mode === 'off') {
      return false;
    }
    // A server that does not answer must not keep the user from saving.
    await Promise.race([subject.scan(), new Promise(resolve => window.setTimeout(resolve, PATIENCE))]);
    const live = subject.findings.filter(
      finding =>
        isNew(finding) && finding.scanner === 'secrets' && atLeast(finding.severity, saveGuardSeverity)
    );
    const told = this.told.get(subject.path) ?? new Set<string>();
    const fresh = arrived(told, live);
    this.told.set(subject.path, new Set(live.map(finding => finding.fingerprint)));
    const asked = Date.now() - this.manual < 2000;
    if (live.length > 0 && (fresh.length > 0 || (asked && mode === 'block'))) {
      this.say(subject, live, mode === 'block');
    }
    return mode === 'block' && live.length > 0;
  }

  private say(subject: LiveNotebook, findings: readonly Finding[], blocked: boolean): void {
    const { trans } = this.desk;
    const count = trans._n('%1 secret', '%1 secrets', findings.length);
    const words = blocked
      ? trans.__('mlsec: not saved, %1 in %2', count, subject.path)
      : trans.__('mlsec: %1 saved in %2', count, subject.path);
    const first = findings[0];
    const options: Notification.IOptions<null> = {
      autoClose: blocked ? false : 8000,
      actions: [
        {
          label: trans.__('Show'),
          callback: () => {
            void this.desk.app.commands.execute('mlsec:open-panel');
            if (first) {
              void this.desk.reveal(first);
            }
          }
        }
      ]
    };
    if (blocked) {
      Notification.error(words, options);
    } else {
      Notification.warning(words, options);
    }
  }

  /** Collaboration saves every few seconds: the same refusal is told once. */
  private hear({ path, message, blocked }: NotSaved): void {
    if (this.desk.watch.at(path) && !this.saving.has(path) && this.heard.get(path) !== message) {
      this.heard.set(path, message);
      const say = blocked ? Notification.error : Notification.warning;
      say(message, { autoClose: blocked ? false : 8000 });
    }
  }

  /** Where the server saves by itself (collaboration, another client), only it knows that it did not. */
  private async listen(app: JupyterFrontEnd): Promise<void> {
    try {
      for await (const event of app.serviceManager.events.stream) {
        if (event.schema_id === EVENT) {
          this.hear(event as unknown as NotSaved);
        }
      }
    } catch {
      // No event stream (an old server, JupyterLite): the save itself still answers.
    }
  }
}
