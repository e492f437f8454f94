/** Findings under headings: a list that the keyboard walks through, each with its help and fixes folded in. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { type KeyboardEvent, useId, useRef } from 'react';
import type { Action } from '../marks';
import { type Group, identity, isNew, place } from '../model';
import type { Finding, Fix, Rule } from '../report';
import { Prose, severityName } from './parts';

export interface ListProps {
  groups: readonly Group[];
  rules: Readonly<Record<string, Rule>>;
  selected: string | null;
  trans: TranslationBundle;
  onSelect: (finding: Finding) => void;
  onReveal: (finding: Finding) => void;
  actions: (finding: Finding) => Action[];
  alike?: (finding: Finding, fix: Fix) => number;
  onMendAll?: (finding: Finding, fix: Fix) => void;
}

const KEYS: Record<string, (rows: HTMLElement[], at: number) => HTMLElement | undefined> = {
  ArrowDown: (rows, at) => rows[Math.min(at + 1, rows.length - 1)],
  ArrowUp: (rows, at) => rows[Math.max(at - 1, 0)],
  Home: rows => rows[0],
  End: rows => rows[rows.length - 1]
};

export function FindingList(props: ListProps) {
  const root = useRef<HTMLDivElement>(null);
  const walk = (event: KeyboardEvent) => {
    const rows = [...(root.current?.querySelectorAll<HTMLElement>('.mlsec-row') ?? [])];
    const at = rows.indexOf(document.activeElement as HTMLElement);
    const next = at < 0 ? undefined : KEYS[event.key]?.(rows, at);
    if (next) {
      event.preventDefault();
      event.stopPropagation();
      next.focus();
    }
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the arrow keys move between the buttons inside
    <div ref={root} className="mlsec-list" onKeyDown={walk}>
      {props.groups.map(group => (
        <div key={group.key} className="mlsec-group">
          {group.key && (
            <h3>
              <span>{group.key}</span> <span className="mlsec-count">{group.findings.length}</span>
            </h3>
          )}
          <ul>
            {group.findings.map(finding => (
              <Row key={identity(finding)} finding={finding} {...props} />
            ))}
          </ul>
        </div>
      ))}
    </div>
  );
}

function Row({ finding, ...props }: ListProps & { finding: Finding }) {
  const open = props.selected === identity(finding);
  const id = useId();
  const click = () => {
    props.onSelect(finding);
    props.onReveal(finding);
  };
  return (
    <li
      className="mlsec-item"
      data-severity={finding.severity}
      data-rule={finding.rule}
      data-status={finding.status}
    >
      <button type="button" className="mlsec-row" aria-expanded={open} aria-controls={id} onClick={click}>
        <span className="mlsec-dot" aria-hidden="true" />
        <span className="mlsec-hidden">{severityName(finding.severity, props.trans)}: </span>
        <span className="mlsec-row-title">{finding.title}</span>
        <span className="mlsec-place">{place(finding)}</span>
        {!isNew(finding) && <span className="mlsec-status">{finding.status}</span>}
        <code className="mlsec-evidence">{finding.evidence.shown}</code>
      </button>
      <div id={id} hidden={!open}>
        {open && <Detail finding={finding} {...props} />}
      </div>
    </li>
  );
}

function Detail({ finding, ...props }: ListProps & { finding: Finding }) {
  const { trans } = props;
  const rule = props.rules[finding.rule];
  const more = finding.fixes.filter(fix => (props.alike?.(finding, fix) ?? 0) > 1);
  return (
    <div className="mlsec-detail">
      {finding.message !== finding.title && (
        <p>
          <Prose text={finding.message} />
        </p>
      )}
      {finding.reason && <p className="mlsec-reason">{finding.reason}</p>}
      <div className="mlsec-actions">
        {props.actions(finding).map(action => (
          <button key={action.label} type="button" className="mlsec-button" onClick={() => action.run()}>
            {action.label}
          </button>
        ))}
        {more.map(fix => (
          <button
            key={`all ${fix.title}`}
            type="button"
            className="mlsec-button"
            onClick={() => props.onMendAll?.(finding, fix)}
          >
            {trans.__('Mend all %1 of this kind…', props.alike?.(finding, fix) ?? 0)}
          </button>
        ))}
      </div>
      {rule?.why && (
        <p>
          <Prose text={rule.why} />
        </p>
      )}
      {rule?.fix && (
        <p>
          <b>{trans.__('How to mend it:')}</b> <Prose text={rule.fix} />
        </p>
      )}
      <p className="mlsec-meta">
        <code>{finding.rule}</code> · {severityName(finding.severity, trans)} ·{' '}
        {trans.__('confidence: %1', finding.confidence)}
      </p>
      <References list={finding.references} trans={trans} />
    </div>
  );
}

function References({ list, trans }: { list: readonly string[]; trans: TranslationBundle }) {
  if (list.length === 0) {
    return null;
  }
  return (
    <ul className="mlsec-references" aria-label={trans.__('References')}>
      {list.map(reference => (
        <li key={reference}>
          {/^https:\/\//.test(reference) ? (
            <a href={reference} target="_blank" rel="noopener noreferrer">
              {reference.replace(/^https:\/\//, '')}
            </a>
          ) : (
            <span>{reference}</span>
          )}
        </li>
      ))}
    </ul>
  );
}
