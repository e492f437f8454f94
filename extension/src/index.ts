import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Widget } from '@lumino/widgets';

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'mlsec-nb:plugin',
  description: 'Security findings of the open notebook, live.',
  autoStart: true,
  activate: (app: JupyterFrontEnd) => {
    const panel = new Widget();
    panel.id = 'mlsec-panel';
    panel.addClass('mlsec-panel');
    panel.title.label = 'mlsec';
    panel.node.textContent = 'mlsec';
    app.shell.add(panel, 'left', { rank: 700 });
  }
};

export default plugin;
