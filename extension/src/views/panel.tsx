/** The panel in the side bar. */
import { ReactWidget } from '@jupyterlab/apputils';
import { LabIcon } from '@jupyterlab/ui-components';
import type { Desk } from '../desk';
import type { KernelGuard } from '../kernel';
import { count } from '../model';
import type { Scans } from '../scans';
import { Gates, Guard, Reports } from './aside';
import { Here } from './here';
import { Section, Total, useSignal } from './parts';
import { Workspace } from './workspace';

export const icon = new LabIcon({
  name: 'mlsec-nb:shield',
  svgstr:
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="16"><path class="jp-icon3" fill="#616161" ' +
    'd="M12 2 4 5v6c0 5 3.4 9.6 8 11 4.6-1.4 8-6 8-11V5l-8-3zm0 2.1 6 2.3V11c0 4-2.5 7.6-6 8.9-3.5-1.3-6-4.9-6-8.9V6.4' +
    'l6-2.3z"/><path class="jp-icon3" fill="#616161" d="m10.9 15.6-3.5-3.5 1.4-1.4 2.1 2.1 4.3-4.3 1.4 1.4z"/></svg>'
});

interface Tools {
  readonly desk: Desk;
  readonly scans: Scans;
  readonly kernel: KernelGuard;
}

function Panel({ desk, scans, kernel }: Tools) {
  useSignal(desk.watch.changed);
  useSignal(scans.changed);
  const { trans, subject } = desk;
  const here = subject?.kind === 'file' ? trans.__('This file') : trans.__('This notebook');
  return (
    <div className="mlsec-sections">
      <Section title={here} open note={<Total counts={count(subject?.findings ?? [])} />}>
        <Here desk={desk} />
      </Section>
      <Section
        title={trans.__('Workspace')}
        note={<Total counts={count(scans.job?.report?.findings ?? [])} />}
      >
        <Workspace desk={desk} scans={scans} />
      </Section>
      <Section title={trans.__('Reports')}>
        <Reports desk={desk} scans={scans} />
      </Section>
      <Section title={trans.__('Gates')}>
        <Gates desk={desk} scans={scans} />
      </Section>
      <Section title={trans.__('Guard')}>
        <Guard desk={desk} kernel={kernel} />
      </Section>
    </div>
  );
}

export function panelWidget(tools: Tools): ReactWidget {
  const { trans } = tools.desk;
  const widget = ReactWidget.create(<Panel {...tools} />);
  widget.id = 'mlsec-panel';
  widget.addClass('mlsec-panel');
  widget.node.setAttribute('role', 'region');
  widget.node.setAttribute('aria-label', trans.__('mlsec findings'));
  widget.title.icon = icon;
  widget.title.caption = trans.__('mlsec: security findings');
  return widget;
}
