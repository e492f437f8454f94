/** The section "Workspace": the scan of a folder, with progress, and a way to stop it. */
import { useState } from 'react';
import type { Desk } from '../desk';
import { type Choice, chosen, EVERYTHING, grouped, identity } from '../model';
import type { Scans } from '../scans';
import { Filters } from './filters';
import { Gaps } from './here';
import { FindingList } from './list';
import { useSignal } from './parts';
import { VerdictLine } from './report';

export function Workspace({ desk, scans }: { desk: Desk; scans: Scans }) {
  useSignal(scans.changed);
  const { trans } = desk;
  const { job } = scans;
  const where = scans.folder() || '/';
  return (
    <>
      <p className="mlsec-bar">
        {job?.state === 'running' ? (
          <button type="button" className="mlsec-button" onClick={() => void scans.cancel()}>
            {trans.__('Stop')}
          </button>
        ) : (
          <button
            type="button"
            className="mlsec-button mlsec-main"
            onClick={() => void scans.scan(scans.folder())}
          >
            {trans.__('Scan folder %1', where)}
          </button>
        )}
        {job?.report && (
          <button type="button" className="mlsec-button" onClick={() => scans.show()}>
            {trans.__('Open as report')}
          </button>
        )}
      </p>
      {job?.state === 'running' && (
        <div className="mlsec-progress">
          <progress
            max={job.total || undefined}
            value={job.total ? job.done : undefined}
            aria-label={trans.__('Progress')}
          />
          <span>{job.total ? `${job.done} / ${job.total}` : trans.__('starting…')}</span>
          <span className="mlsec-place">{job.path}</span>
        </div>
      )}
      <p role="status" className="mlsec-told" data-state={job?.state ?? 'none'}>
        {job?.state === 'cancelled' && trans.__('Stopped; nothing of it is kept.')}
        {job?.state === 'failed' && trans.__('The scan failed: %1', job.error ?? '')}
        {!job && scans.message}
      </p>
      {job?.report && <Result desk={desk} scans={scans} />}
    </>
  );
}

function Result({ desk, scans }: { desk: Desk; scans: Scans }) {
  const [choice, setChoice] = useState<Choice>({ ...EVERYTHING, order: 'severity' });
  const [selected, setSelected] = useState<string | null>(null);
  const report = scans.job?.report;
  if (!report) {
    return null;
  }
  const { trans } = desk;
  const shown = chosen(report.findings, choice);
  return (
    <>
      <VerdictLine report={report} trans={trans} />
      {report.findings.length > 0 && (
        <Filters
          findings={report.findings}
          choice={choice}
          trans={trans}
          onChoose={change => setChoice({ ...choice, ...change })}
        />
      )}
      <FindingList
        groups={grouped(shown.slice(0, LONGEST), choice.grouping === 'place' ? 'file' : choice.grouping)}
        rules={report.rules}
        selected={selected}
        trans={trans}
        onSelect={finding => setSelected(identity(finding))}
        onReveal={() => undefined}
        actions={finding => [{ label: trans.__('Go there'), run: () => void desk.open(finding) }]}
      />
      {shown.length > LONGEST && (
        <p className="mlsec-empty">
          {trans.__('%1 more: filter, or open as report.', shown.length - LONGEST)}
        </p>
      )}
      <Gaps gaps={report.gaps} trans={trans} />
    </>
  );
}

/** Rows in the panel; a list of thousands would block the page. */
export const LONGEST = 200;
