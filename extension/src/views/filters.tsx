/** What of the findings is shown, and in which order. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { useId } from 'react';
import { type Choice, count, type Grouping, type Order } from '../model';
import type { Finding, Severity } from '../report';
import { Chips } from './parts';

export interface FiltersProps {
  findings: readonly Finding[];
  choice: Choice;
  trans: TranslationBundle;
  onChoose: (change: Partial<Choice>) => void;
}

export function Filters({ findings, choice, trans, onChoose }: FiltersProps) {
  const id = useId();
  const toggle = (severity: Severity) => {
    const severities = new Set(choice.severities);
    if (!severities.delete(severity)) {
      severities.add(severity);
    }
    onChoose({ severities });
  };
  const judged = findings.length - findings.filter(finding => finding.status === 'new').length;
  const counts = count(findings, choice.judged ? ['new', 'known', 'suppressed'] : ['new']);
  return (
    <div className="mlsec-filters">
      <Chips counts={counts} on={choice.severities} trans={trans} onToggle={toggle} />
      <input
        type="search"
        className="mlsec-search"
        value={choice.words}
        placeholder={trans.__('Search findings')}
        aria-label={trans.__('Search findings')}
        onChange={event => onChoose({ words: event.target.value })}
      />
      <div className="mlsec-selects">
        <label htmlFor={`${id}g`}>{trans.__('Group by')}</label>
        <select
          id={`${id}g`}
          value={choice.grouping}
          onChange={event => onChoose({ grouping: event.target.value as Grouping })}
        >
          <option value="place">{trans.__('place')}</option>
          <option value="severity">{trans.__('severity')}</option>
          <option value="rule">{trans.__('rule')}</option>
          <option value="none">{trans.__('nothing')}</option>
        </select>
        <label htmlFor={`${id}s`}>{trans.__('Sort by')}</label>
        <select
          id={`${id}s`}
          value={choice.order}
          onChange={event => onChoose({ order: event.target.value as Order })}
        >
          <option value="place">{trans.__('place')}</option>
          <option value="severity">{trans.__('severity')}</option>
        </select>
      </div>
      {judged > 0 && (
        <label className="mlsec-check">
          <input
            type="checkbox"
            checked={choice.judged}
            onChange={event => onChoose({ judged: event.target.checked })}
          />
          {trans._n('Show %1 accepted finding', 'Show %1 accepted findings', judged)}
        </label>
      )}
    </div>
  );
}
