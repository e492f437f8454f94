/** What is open in front of the user and is being scanned: a notebook or a file. */
import type { ISignal } from '@lumino/signaling';
import type { Finding, Fix, Gap, Rule } from './report';
import type { Risk } from './trusting';

export type State = 'waiting' | 'scanning' | 'ready' | 'failed' | 'absent';

export interface Preview {
  readonly finding: Finding;
  readonly before: string;
  readonly after: string;
}

/** How many fixes were applied, and how to take back those that the editor's own undo cannot. */
export interface Mended {
  readonly done: number;
  readonly undo: (() => void) | null;
}

export interface Subject {
  readonly path: string;
  readonly kind: 'notebook' | 'file';
  readonly findings: readonly Finding[];
  readonly gaps: readonly Gap[];
  readonly rules: Readonly<Record<string, Rule>>;
  readonly risks: readonly Risk[];
  readonly state: State;
  readonly message: string;
  readonly changed: ISignal<Subject, void>;
  /** Scan now, without waiting for a pause. */
  scan(): Promise<void>;
  /** Show the place of a finding. */
  reveal(finding: Finding): Promise<void>;
  /** Apply fixes as one step that one undo takes back. */
  mend(pairs: readonly (readonly [Finding, Fix])[]): Mended;
  /** What the fixes would change, with the secret masked. */
  preview(pairs: readonly (readonly [Finding, Fix])[]): Preview[];
  /** Write the comment that accepts a finding at its place; false where no comment can stand. */
  ignore(finding: Finding, reason: string): boolean;
}
