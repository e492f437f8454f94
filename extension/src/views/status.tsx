/** How many findings the open document has, in the status bar. */
import type { Desk } from '../desk';
import { count, total, worst } from '../model';
import { useSignal } from './parts';

export function StatusItem({ desk }: { desk: Desk }) {
  useSignal(desk.watch.changed);
  const { subject, trans } = desk;
  if (!subject) {
    return null;
  }
  const counts = count(subject.findings);
  const sum = total(counts);
  const words =
    subject.state === 'absent' || subject.state === 'failed'
      ? trans.__('mlsec: not scanned')
      : sum === 0
        ? trans.__('mlsec: nothing found')
        : trans._n('mlsec: %1 finding', 'mlsec: %1 findings', sum);
  return (
    <button
      type="button"
      className="mlsec-statusitem"
      data-worst={worst(counts) ?? 'none'}
      title={trans.__('Show security findings')}
      onClick={() => void desk.app.commands.execute('mlsec:open-panel')}
    >
      {words}
    </button>
  );
}
