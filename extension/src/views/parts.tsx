/** Small pieces that several views share. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ISignal } from '@lumino/signaling';
import { type ReactNode, useEffect, useReducer, useState } from 'react';
import { type Counts, SEVERITIES, spans, total } from '../model';
import type { Severity } from '../report';

/** Draws again whenever the signal tells. */
export function useSignal(signal: ISignal<unknown, unknown>): void {
  const [, again] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    signal.connect(again);
    return () => {
      signal.disconnect(again);
    };
  }, [signal]);
}

/** Words of a rule; what stands between backticks is code. */
export function Prose({ text }: { text: string }) {
  return <>{spans(text).map(({ at, code, words }) => (code ? <code key={at}>{words}</code> : words))}</>;
}

export function severityName(severity: Severity, trans: TranslationBundle): string {
  return {
    critical: trans.__('critical'),
    high: trans.__('high'),
    medium: trans.__('medium'),
    low: trans.__('low'),
    info: trans.__('info')
  }[severity];
}

export interface SectionProps {
  title: string;
  note?: ReactNode;
  open?: boolean;
  children: ReactNode;
}

/** A part of the panel that can be folded away. */
export function Section({ title, note, open = false, children }: SectionProps) {
  const [shown, setShown] = useState(open);
  const id = `mlsec-section-${title.toLowerCase().replace(/\W+/g, '-')}`;
  return (
    <section className="mlsec-section">
      <h2>
        <button type="button" aria-expanded={shown} aria-controls={id} onClick={() => setShown(!shown)}>
          <span className="mlsec-fold" aria-hidden="true" />
          <span className="mlsec-section-title">{title}</span>
          {note}
        </button>
      </h2>
      <div id={id} hidden={!shown} className="mlsec-section-body">
        {shown && children}
      </div>
    </section>
  );
}

/** Numbers by severity; each is a switch that shows or hides its findings. */
export function Chips(props: {
  counts: Counts;
  on: ReadonlySet<Severity>;
  trans: TranslationBundle;
  onToggle: (severity: Severity) => void;
}) {
  const { counts, on, trans, onToggle } = props;
  return (
    <fieldset className="mlsec-chips">
      <legend className="mlsec-hidden">{trans.__('Severities')}</legend>
      {SEVERITIES.filter(severity => counts[severity] > 0 || !on.has(severity)).map(severity => (
        <button
          key={severity}
          type="button"
          className="mlsec-chip"
          data-severity={severity}
          aria-pressed={on.has(severity)}
          onClick={() => onToggle(severity)}
        >
          <b>{counts[severity]}</b> {severityName(severity, trans)}
        </button>
      ))}
    </fieldset>
  );
}

export function Total({ counts }: { counts: Counts }) {
  const sum = total(counts);
  return sum > 0 ? <span className="mlsec-total">{sum}</span> : null;
}
