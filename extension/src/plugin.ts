/** Puts the pieces together. */
import type { ILayoutRestorer, JupyterFrontEnd } from '@jupyterlab/application';
import type { ICommandPalette } from '@jupyterlab/apputils';
import type { IEditorExtensionRegistry } from '@jupyterlab/codemirror';
import type { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import type { IEditorTracker } from '@jupyterlab/fileeditor';
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { IStatusBar } from '@jupyterlab/statusbar';
import { type ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Api } from './api';
import { fileMarks } from './browser';
import { commands } from './commands';
import { Desk } from './desk';
import { KernelGuard } from './kernel';
import { Marks, register } from './marks';
import { SaveGuard } from './save';
import { Scans } from './scans';
import { Settings } from './settings';
import { badge, statusItem } from './status';
import { panelWidget } from './views/panel';
import { Watch } from './watch';

export interface Needs {
  readonly notebooks: INotebookTracker;
  readonly editors: IEditorExtensionRegistry;
  readonly files: IEditorTracker | null;
  readonly browser: IDefaultFileBrowser | null;
  readonly registry: ISettingRegistry | null;
  readonly restorer: ILayoutRestorer | null;
  readonly palette: ICommandPalette | null;
  readonly statusBar: IStatusBar | null;
  readonly translator: ITranslator | null;
}

export async function start(app: JupyterFrontEnd, needs: Needs): Promise<void> {
  const trans = (needs.translator ?? nullTranslator).load('mlsec_nb');
  const settings = new Settings(needs.registry);
  const marks = new Marks();
  // Editors that are made while the settings still load must have their marks too.
  register(needs.editors, marks, () => settings.values.gutter);
  await settings.load();
  const api = new Api(app.serviceManager.serverSettings);
  const desk = new Desk(app, api, settings, trans);
  const tools = {
    api,
    marks,
    delay: () => settings.values.delay,
    actions: (...words: Parameters<Desk['actions']>) => desk.actions(...words)
  };
  desk.watch = new Watch(tools, needs.notebooks, needs.files, () => settings.values);
  const scans = new Scans(desk, needs.browser);
  const panel = panelWidget({ desk, scans, kernel: new KernelGuard(needs.notebooks) });
  app.shell.add(panel, 'left', { rank: 700, type: 'mlsec' });
  needs.restorer?.add(panel, panel.id);
  badge(panel, desk);
  statusItem(needs.statusBar, desk);
  commands(desk, scans, needs.palette, panel.id);
  fileMarks(needs.browser, desk, scans);
  const guard = new SaveGuard(desk);
  needs.notebooks.widgetAdded.connect((_, notebook) => guard.guard(notebook));
  needs.notebooks.forEach(notebook => {
    guard.guard(notebook);
  });
}
