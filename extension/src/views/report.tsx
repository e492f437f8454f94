/** A whole report in the main area. */

import { ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { useState } from 'react';
import type { Desk } from '../desk';
import { type Choice, chosen, EVERYTHING, grouped, identity } from '../model';
import type { Report } from '../report';
import { Filters } from './filters';
import { Gaps } from './here';
import { FindingList } from './list';

export function VerdictLine({ report, trans }: { report: Report; trans: TranslationBundle }) {
  const { passed, reasons } = report.verdict;
  const word = passed === null ? trans.__('undecided') : passed ? trans.__('passed') : trans.__('failed');
  return (
    <p className="mlsec-verdict" data-passed={String(passed)}>
      <b>{word}</b>
      {reasons.length > 0 && <span> {reasons.join('; ')}</span>}
    </p>
  );
}

const PAGE = 300;

function ReportView({ desk, report }: { desk: Desk; report: Report }) {
  const { trans } = desk;
  const [choice, setChoice] = useState<Choice>({ ...EVERYTHING, order: 'severity', grouping: 'severity' });
  const [selected, setSelected] = useState<string | null>(null);
  const [pages, setPages] = useState(1);
  const shown = chosen(report.findings, choice);
  const left = shown.length - pages * PAGE;
  return (
    <main className="mlsec-report-body">
      <h1>{trans.__('Report of %1', report.targets.join(', ') || report.tool.name)}</h1>
      <p className="mlsec-meta">
        {report.tool.name} {report.tool.version} ·{' '}
        {trans._n('%1 artifact', '%1 artifacts', report.artifacts.length)} ·{' '}
        {trans._n('%1 component', '%1 components', report.components.length)}
      </p>
      <VerdictLine report={report} trans={trans} />
      <Filters
        findings={report.findings}
        choice={choice}
        trans={trans}
        onChoose={change => setChoice({ ...choice, ...change })}
      />
      <FindingList
        groups={grouped(shown.slice(0, pages * PAGE), choice.grouping === 'place' ? 'file' : choice.grouping)}
        rules={report.rules}
        selected={selected}
        trans={trans}
        onSelect={finding => setSelected(selected === identity(finding) ? null : identity(finding))}
        onReveal={() => undefined}
        actions={finding => [{ label: trans.__('Go there'), run: () => void desk.open(finding) }]}
      />
      {left > 0 && (
        <button type="button" className="mlsec-button" onClick={() => setPages(pages + 1)}>
          {trans.__('Show more (%1 left)', left)}
        </button>
      )}
      <Gaps gaps={report.gaps} trans={trans} />
    </main>
  );
}

export function reportWidget(desk: Desk, report: Report): ReactWidget {
  const widget = ReactWidget.create(<ReportView desk={desk} report={report} />);
  widget.addClass('mlsec-report');
  return widget;
}
