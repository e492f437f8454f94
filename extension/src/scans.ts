/** Scans of folders, runs of gates, and reports that lie in files or outputs. */
import { InputDialog, MainAreaWidget, Notification } from '@jupyterlab/apputils';
import type { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { Signal } from '@lumino/signaling';
import type { Desk } from './desk';
import { LiveNotebook } from './notebook';
import type { Job, Report } from './report';
import { icon } from './views/panel';
import { reportWidget } from './views/report';

export const REPORT_MIME = 'application/vnd.mlsec.report+json';
const POLL = 400;

export class Scans {
  readonly changed = new Signal<this, void>(this);
  job: Job | null = null;
  message = '';
  readonly gates = new Map<string, Job>();

  constructor(
    private readonly desk: Desk,
    private readonly browser: IDefaultFileBrowser | null
  ) {
    browser?.model.pathChanged.connect(() => this.changed.emit());
  }

  /** The folder that the file browser shows. */
  folder(): string {
    return (this.browser?.model.path ?? '').replace(/^[^/]*:/, '');
  }

  async scan(folder: string): Promise<void> {
    await this.follow(
      () => this.desk.api.startScan(folder),
      job => {
        this.job = job;
      }
    );
  }

  async cancel(): Promise<void> {
    if (this.job) {
      this.job = await this.desk.api.cancel(this.job.id);
      this.changed.emit();
    }
  }

  async gate(name: string): Promise<void> {
    await this.follow(
      () => this.desk.api.startGate(name),
      job => {
        this.gates.set(name, job);
      }
    );
  }

  /** Opens a report in the main area; without one, that of the last folder scan. */
  show(report: Report | undefined = this.job?.report): void {
    if (!report) {
      return;
    }
    const widget = new MainAreaWidget({ content: reportWidget(this.desk, report) });
    widget.title.label = this.desk.trans.__('mlsec report');
    widget.title.icon = icon;
    widget.title.closable = true;
    this.desk.app.shell.add(widget, 'main');
    this.desk.app.shell.activateById(widget.id);
  }

  async open(path: string): Promise<void> {
    try {
      this.show(await this.desk.api.report(path));
    } catch (error) {
      Notification.error(error instanceof Error ? error.message : String(error));
    }
  }

  async ask(): Promise<void> {
    const { trans } = this.desk;
    const folder = this.folder();
    const answer = await InputDialog.getText({
      title: trans.__('Open a report file'),
      label: trans.__('Path below the root of the server'),
      text: folder ? `${folder}/` : '',
      placeholder: 'mlsec-report.json'
    });
    if (answer.button.accept && answer.value) {
      await this.open(answer.value);
    }
  }

  /** The reports that `%mlsec` left in the outputs of the open notebook. */
  inNotebook(): { cell: number; report: Report }[] {
    const { subject } = this.desk;
    return subject instanceof LiveNotebook ? subject.bundles(REPORT_MIME).flatMap(asReport) : [];
  }

  private async follow(start: () => Promise<Job>, put: (job: Job) => void): Promise<void> {
    try {
      let job = await start();
      put(job);
      this.changed.emit();
      while (job.state === 'running') {
        await new Promise(resolve => window.setTimeout(resolve, POLL));
        job = await this.desk.api.job(job.id);
        put(job);
        this.changed.emit();
      }
    } catch (error) {
      this.message = error instanceof Error ? error.message : String(error);
      Notification.error(this.message);
      this.changed.emit();
    }
  }
}

/** What stands in an output was written by anybody: only what has the shape of a report is one. */
function asReport({ cell, value }: { cell: number; value: unknown }): { cell: number; report: Report }[] {
  const report = value as Partial<Report> | null;
  const whole =
    report?.schema === 'mlsec-report/1' &&
    Array.isArray(report.findings) &&
    Array.isArray(report.gaps) &&
    Array.isArray(report.artifacts) &&
    Array.isArray(report.components) &&
    Array.isArray(report.targets) &&
    Array.isArray(report.verdict?.reasons) &&
    typeof report.rules === 'object';
  return whole ? [{ cell, report: report as Report }] : [];
}
