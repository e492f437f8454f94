/** The section "This notebook": what was found in what is open. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Desk } from '../desk';
import { grouped } from '../model';
import type { Gap } from '../report';
import type { Subject } from '../subject';
import type { Danger, Risk } from '../trusting';
import { Filters } from './filters';
import { FindingList } from './list';
import { useSignal } from './parts';

export function Here({ desk }: { desk: Desk }) {
  useSignal(desk.watch.changed);
  useSignal(desk.changed);
  const { subject, trans } = desk;
  if (!subject) {
    return <p className="mlsec-empty">{trans.__('Open a notebook or a file to see what is found in it.')}</p>;
  }
  if (subject.state === 'absent') {
    return (
      <p className="mlsec-empty" role="status">
        {trans.__('The mlsec server extension does not answer: nothing was looked at. (%1)', subject.message)}
      </p>
    );
  }
  return (
    <>
      <Trust desk={desk} subject={subject} />
      {subject.findings.length > 0 && (
        <Filters
          findings={subject.findings}
          choice={desk.choice}
          trans={trans}
          onChoose={change => desk.choose(change)}
        />
      )}
      <Told subject={subject} trans={trans} shown={desk.shown.length} />
      <FindingList
        groups={grouped(desk.shown, desk.choice.grouping)}
        rules={subject.rules}
        selected={desk.selected}
        trans={trans}
        onSelect={finding => desk.select(finding)}
        onReveal={finding => void subject.reveal(finding)}
        actions={finding => desk.actions(subject, finding)}
        alike={(finding, fix) => desk.alike(subject, finding, fix).length}
        onMendAll={(finding, fix) => void desk.mendAll(subject, finding, fix)}
      />
      <Gaps gaps={subject.gaps} trans={trans} />
    </>
  );
}

/** One line that a screen reader hears when it changes. */
function Told({ subject, trans, shown }: { subject: Subject; trans: TranslationBundle; shown: number }) {
  const words = () => {
    switch (subject.state) {
      case 'waiting':
        return trans.__('Waiting for the first scan…');
      case 'failed':
        return trans.__('The last scan failed: %1', subject.message);
      default:
        return subject.findings.length === 0
          ? trans.__('Nothing was found.')
          : trans._n('%1 finding shown', '%1 findings shown', shown);
    }
  };
  return (
    <p
      className="mlsec-told"
      role="status"
      aria-busy={subject.state === 'scanning'}
      data-state={subject.state}
    >
      {words()}
    </p>
  );
}

/** What was not looked at is said, and is never the same as clean. */
export function Gaps({ gaps, trans }: { gaps: readonly Gap[]; trans: TranslationBundle }) {
  if (gaps.length === 0) {
    return null;
  }
  return (
    <details className="mlsec-gaps">
      <summary>{trans._n('%1 gap: not looked at', '%1 gaps: not looked at', gaps.length)}</summary>
      <ul>
        {gaps.map(gap => (
          <li key={JSON.stringify(gap)}>
            {gap.location.cell !== undefined && `cell ${gap.location.cell}: `}
            {gap.reason} <span className="mlsec-meta">({gap.scanner})</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

function dangerName(danger: Danger, trans: TranslationBundle): string {
  return {
    script: trans.__('scripts'),
    javascript: trans.__('links or frames that run script'),
    event: trans.__('elements that run script on an event'),
    frame: trans.__('embedded pages'),
    form: trans.__('forms'),
    link: trans.__('links to other sites'),
    widget: trans.__('widgets')
  }[danger];
}

/** Before a notebook is trusted: what trusting would let run. */
function Trust({ desk, subject }: { desk: Desk; subject: Subject }) {
  const { risks } = subject;
  const { trans } = desk;
  if (risks.length === 0) {
    return null;
  }
  const show = (risk: Risk) =>
    subject.reveal({ location: { path: subject.path, cell_id: risk.cellId, part: 'output 1' } } as Parameters<
      Subject['reveal']
    >[0]);
  return (
    <section className="mlsec-trust" aria-label={trans.__('Not trusted')}>
      <h3>{trans.__('Not trusted: trusting this notebook would let run')}</h3>
      <ul>
        {risks.map(risk => (
          <li key={`${risk.cellId} ${risk.danger}`}>
            <button type="button" className="mlsec-link" onClick={() => void show(risk)}>
              {trans.__('cell %1', risk.cell)}
            </button>
            {`: ${risk.count} × ${dangerName(risk.danger, trans)}`}
            {risk.hosts.length > 0 && <span className="mlsec-meta"> ({risk.hosts.join(', ')})</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}
