/** The sections "Reports", "Gates" and "Guard". */
import type { Desk } from '../desk';
import type { KernelGuard } from '../kernel';
import type { SaveGuardMode } from '../report';
import type { Scans } from '../scans';
import { useSignal } from './parts';
import { VerdictLine } from './report';

export function Reports({ desk, scans }: { desk: Desk; scans: Scans }) {
  useSignal(desk.watch.changed);
  const { trans } = desk;
  const here = scans.inNotebook();
  return (
    <>
      <p className="mlsec-bar">
        <button type="button" className="mlsec-button" onClick={() => void scans.ask()}>
          {trans.__('Open a report file…')}
        </button>
      </p>
      <p className="mlsec-empty">{trans.__('Reports of mlsec and of other tools, in JSON.')}</p>
      {here.length > 0 && (
        <ul className="mlsec-plain">
          {here.map(({ cell, report }) => (
            <li key={cell}>
              <button type="button" className="mlsec-link" onClick={() => scans.show(report)}>
                {trans.__('Report in cell %1', cell)}
              </button>{' '}
              <span className="mlsec-meta">
                {trans._n('%1 finding', '%1 findings', report.findings.length)}
              </span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

export function Gates({ desk, scans }: { desk: Desk; scans: Scans }) {
  useSignal(desk.changed);
  useSignal(scans.changed);
  const { trans } = desk;
  const gates = desk.status?.gates ?? [];
  if (gates.length === 0) {
    return <p className="mlsec-empty">{trans.__('This server can run no gates.')}</p>;
  }
  return (
    <ul className="mlsec-plain mlsec-gates">
      {gates.map(gate => {
        const job = scans.gates.get(gate.name);
        return (
          <li key={gate.name}>
            <div className="mlsec-gate">
              <span>
                <b>{gate.name}</b> <span className="mlsec-meta">{gate.checks.join(', ')}</span>
              </span>
              <button
                type="button"
                className="mlsec-button"
                aria-label={trans.__('Run gate %1', gate.name)}
                disabled={job?.state === 'running'}
                onClick={() => void scans.gate(gate.name)}
              >
                {job?.state === 'running' ? trans.__('running…') : trans.__('Run')}
              </button>
            </div>
            {job?.report && <VerdictLine report={job.report} trans={trans} />}
            {job?.checks && (
              <ul className="mlsec-checks">
                {job.checks.map(check => (
                  <li key={check.check} data-state={check.state} title={check.reasons.join('; ')}>
                    {check.check}: {check.state}
                    {check.findings > 0 && ` (${check.findings})`}
                  </li>
                ))}
              </ul>
            )}
            {job?.report && (
              <button type="button" className="mlsec-link" onClick={() => scans.show(job.report)}>
                {trans.__('Open as report')}
              </button>
            )}
            {job?.error && <p className="mlsec-told">{job.error}</p>}
          </li>
        );
      })}
    </ul>
  );
}

export function Guard({ desk, kernel }: { desk: Desk; kernel: KernelGuard }) {
  useSignal(desk.changed);
  useSignal(kernel.changed);
  useSignal(desk.settings.changed);
  const { trans } = desk;
  const states = {
    none: trans.__('No kernel is running.'),
    unknown: trans.__('The guard of this kernel was not asked yet.'),
    on: trans.__('On: secrets are masked in outputs before they reach the notebook.'),
    off: trans.__('Off: outputs of this kernel are not masked.'),
    missing: trans.__('This kernel cannot be guarded (mlsec_nb is not installed for it).')
  };
  return (
    <>
      <h3>{trans.__('Outputs of the kernel')}</h3>
      <p role="status" data-guard={kernel.state}>
        {states[kernel.state]} {kernel.told && <span className="mlsec-meta">({kernel.told})</span>}
      </p>
      <p className="mlsec-bar">
        <button
          type="button"
          className="mlsec-button"
          disabled={kernel.state === 'none'}
          aria-pressed={kernel.state === 'on'}
          onClick={() => void kernel.turn(kernel.state !== 'on')}
        >
          {kernel.state === 'on' ? trans.__('Turn off') : trans.__('Turn on')}
        </button>
      </p>
      <h3>{trans.__('Saving')}</h3>
      <label>
        {trans.__('When a secret is about to be saved:')}{' '}
        <select
          value={desk.settings.values.saveGuard}
          onChange={event => void desk.settings.set('saveGuard', event.target.value as SaveGuardMode)}
        >
          <option value="off">{trans.__('do nothing')}</option>
          <option value="warn">{trans.__('warn')}</option>
          <option value="block">{trans.__('do not save')}</option>
        </select>
      </label>
      {desk.status && desk.status.save_guard !== 'off' && (
        <p className="mlsec-meta">{trans.__('The server itself is set to: %1', desk.status.save_guard)}</p>
      )}
    </>
  );
}
