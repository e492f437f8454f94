/** What the user can do about findings; the views and the commands call this and nothing else. */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Dialog, InputDialog, Notification, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import type { Api } from './api';
import type { Action } from './marks';
import { bySeverity, type Choice, chosen, EVERYTHING, identity, isNew, neighbour } from './model';
import type { Finding, Fix, ServerStatus } from './report';
import type { Settings } from './settings';
import type { Subject } from './subject';
import { previewBody } from './views/preview';
import type { Watch } from './watch';

export class Desk {
  /** Which finding is selected, or what is shown, changed. */
  readonly changed = new Signal<this, void>(this);
  selected: string | null = null;
  choice: Choice = EVERYTHING;
  status: ServerStatus | null = null;
  watch!: Watch;

  constructor(
    readonly app: JupyterFrontEnd,
    readonly api: Api,
    readonly settings: Settings,
    readonly trans: TranslationBundle
  ) {
    void api.status().then(
      status => {
        this.status = status;
        this.changed.emit();
      },
      () => undefined
    );
  }

  get subject(): Subject | null {
    return this.watch.current;
  }

  /** What the filters leave of the findings of the open notebook. */
  get shown(): Finding[] {
    return chosen(this.subject?.findings ?? [], this.choice);
  }

  choose(change: Partial<Choice>): void {
    this.choice = { ...this.choice, ...change };
    this.changed.emit();
  }

  select(finding: Finding | null): void {
    this.selected = finding ? identity(finding) : null;
    this.changed.emit();
  }

  async reveal(finding: Finding): Promise<void> {
    this.select(finding);
    await this.subject?.reveal(finding);
  }

  /** The next or previous finding, from the selected one. */
  async step(by: 1 | -1): Promise<void> {
    const finding = neighbour(this.shown, this.selected, by);
    if (finding) {
      await this.reveal(finding);
    }
  }

  get selectedFinding(): Finding | null {
    return this.subject?.findings.find(finding => identity(finding) === this.selected) ?? null;
  }

  /** Everything that can be done about a finding where it stands. */
  actions(subject: Subject, finding: Finding): Action[] {
    const { trans } = this;
    const list: Action[] = finding.fixes.map(fix => ({
      label: fix.title,
      run: () => this.apply(subject, [[finding, fix]])
    }));
    if (finding.location.part === undefined || finding.location.part === 'source') {
      list.push({ label: trans.__('Ignore here…'), run: () => void this.ignore(subject, finding) });
    }
    if (this.status?.baseline) {
      list.push({
        label: trans.__('Accept into the baseline'),
        run: () => void this.accept(subject, [finding])
      });
    }
    return list;
  }

  apply(subject: Subject, pairs: readonly (readonly [Finding, Fix])[]): void {
    const { done, undo } = subject.mend(pairs);
    if (undo) {
      Notification.success(this.trans.__('The outputs were changed.'), {
        autoClose: 8000,
        actions: [{ label: this.trans.__('Undo'), callback: undo }]
      });
    }
    if (done < pairs.length) {
      Notification.warning(this.trans.__('The text has changed since the scan; nothing was mended there.'), {
        autoClose: 4000
      });
      void subject.scan();
    }
  }

  /** The findings of one rule that the same kind of fix mends, with that fix. */
  alike(subject: Subject, finding: Finding, fix: Fix): (readonly [Finding, Fix])[] {
    return subject.findings.filter(isNew).flatMap(other => {
      const same = other.fixes.find(
        candidate => candidate.action === fix.action && kind(candidate.title) === kind(fix.title)
      );
      return other.rule === finding.rule && same ? [[other, same] as const] : [];
    });
  }

  /** Mends all of a kind after showing what would change. */
  async mendAll(subject: Subject, finding: Finding, fix: Fix): Promise<void> {
    const pairs = this.alike(subject, finding, fix);
    const { trans } = this;
    const result = await showDialog({
      title: trans._n('Mend %1 finding', 'Mend %1 findings', pairs.length),
      body: previewBody(fix.title, subject.preview(pairs), trans),
      buttons: [Dialog.cancelButton(), Dialog.okButton({ label: trans.__('Mend') })]
    });
    if (result.button.accept) {
      this.apply(subject, pairs);
    }
  }

  async ignore(subject: Subject, finding: Finding): Promise<void> {
    const { trans } = this;
    const answer = await InputDialog.getText({
      title: trans.__('Why is this fine here?'),
      label: trans.__(
        'The reason is written beside the code as a comment. A date (until 2027-01-31) lets it expire.'
      ),
      placeholder: trans.__('reason'),
      okLabel: trans.__('Ignore here'),
      pattern: '.*\\S.*',
      required: true
    });
    const reason = answer.value?.trim();
    if (answer.button.accept && reason && !subject.ignore(finding, reason)) {
      Notification.warning(trans.__('No comment can stand at this place; use the baseline or the config.'));
    }
  }

  async accept(subject: Subject, findings: readonly Finding[]): Promise<void> {
    try {
      await this.api.accept(
        subject.path,
        findings.map(finding => finding.fingerprint)
      );
      await subject.scan();
    } catch (error) {
      Notification.error(error instanceof Error ? error.message : String(error));
    }
  }

  /** Applies the first fix of the selected finding. */
  mendSelected(): void {
    const { subject, selectedFinding } = this;
    const fix = selectedFinding?.fixes[0];
    if (subject && selectedFinding && fix) {
      this.apply(subject, [[selectedFinding, fix]]);
    }
  }

  ignoreSelected(): void {
    const { subject, selectedFinding } = this;
    if (subject && selectedFinding) {
      void this.ignore(subject, selectedFinding);
    }
  }

  /** Shows a finding of another file: opens it, waits for its scan and goes there. */
  async open(finding: Finding): Promise<void> {
    const { path } = finding.location;
    await this.app.commands.execute('docmanager:open', { path });
    const subject = await this.subjectAt(path);
    const here = subject?.findings
      .filter(other => other.fingerprint === finding.fingerprint)
      .sort(bySeverity);
    const match = here?.find(other => identity(other) === identity(finding)) ?? here?.[0];
    if (subject && match) {
      this.select(match);
      await subject.reveal(match);
    } else {
      await subject?.reveal(finding);
    }
  }

  private subjectAt(path: string, timeout = 10_000): Promise<Subject | null> {
    return new Promise(resolve => {
      const look = () => {
        const subject = this.watch.at(path);
        return subject && subject.state !== 'waiting' && subject.state !== 'scanning' ? subject : null;
      };
      const end = (subject: Subject | null) => {
        window.clearInterval(timer);
        resolve(subject);
      };
      const started = Date.now();
      const timer = window.setInterval(() => {
        const subject = look();
        if (subject || Date.now() - started > timeout) {
          end(subject ?? this.watch.at(path));
        }
      }, 50);
    });
  }
}

/** A fix's title without the names in it: `Read it from os.environ["A"]` is alike for every name. */
function kind(title: string): string {
  return title.replace(/["'`][^"'`]*["'`]/g, '…').replace(/\d+/g, '#');
}
