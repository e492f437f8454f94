/** Redaction of outputs. No DOM, no JupyterLab. */
import { applied, changes } from './edits';
import type { Edit } from './report';

type Output = Record<string, unknown>;

function joined(value: unknown): string | null {
  if (Array.isArray(value) && value.every(item => typeof item === 'string')) {
    return value.join('');
  }
  return typeof value === 'string' ? value : null;
}

/** "output 2 text/html" → [1, "text/html"] */
export function outputPart(part: string | undefined): [number, string] | null {
  const match = /^output (\d+)(?: (\S+))?/.exec(part ?? '');
  return match ? [Number(match[1]) - 1, match[2] ?? ''] : null;
}

function redactedText(value: unknown, edits: readonly Edit[]): string | null {
  const text = joined(value);
  // Places in coloured text count without the colours: it cannot be cut there.
  if (text === null || text.includes('\u001b[')) {
    return null;
  }
  const list = changes(text, edits);
  return list.length > 0 && list.every(({ from, to }) => to > from) ? applied(text, list) : null;
}

function redactPart(output: Output, mime: string, edits: readonly Edit[]): Output | null {
  const data = output.data as Output | undefined;
  if (data && mime in data) {
    const text = redactedText(data[mime], edits);
    return text === null ? null : { ...output, data: { ...data, [mime]: text } };
  }
  if (output.output_type === 'stream') {
    const text = redactedText(output.text, edits);
    return text === null ? null : { ...output, text };
  }
  return null;
}

/** The outputs with the places of the edits masked; null when one of the places is not to be found. */
export function redactOutput(outputs: readonly Output[], edits: readonly Edit[]): Output[] | null {
  const parts = new Map<string, Edit[]>();
  for (const edit of edits) {
    const part = edit.location.part ?? '';
    parts.set(part, [...(parts.get(part) ?? []), edit]);
  }
  const after = [...outputs];
  for (const [part, list] of parts) {
    const [index, mime] = outputPart(part) ?? [-1, ''];
    const output = after[index];
    const redacted = output ? redactPart(output, mime, list) : null;
    if (redacted === null) {
      return null;
    }
    after[index] = redacted;
  }
  return after;
}
