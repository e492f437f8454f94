/** Lines and columns of the report (from 1, in characters) to offsets of JavaScript strings (from 0, in UTF-16 units). */
import type { Location } from './report';

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The offset of a line and column; what lies outside the text is moved to its nearest end. */
export function offset(text: string, line: number, column: number): number {
  let start = 0;
  for (let passed = 1; passed < line; passed += 1) {
    const end = text.indexOf('\n', start);
    if (end < 0) {
      return text.length;
    }
    start = end + 1;
  }
  const end = text.indexOf('\n', start);
  const limit = end < 0 ? text.length : end;
  let at = start;
  for (let passed = 1; passed < column && at < limit; passed += 1) {
    at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  }
  return at;
}

/** Where a location stands in the text of its part; at least one character wide where there is one. */
export function span(text: string, location: Location): Span {
  const line = location.line ?? 1;
  const from = offset(text, line, location.column ?? 1);
  const endLine = location.end_line ?? line;
  const to = location.end_column ? offset(text, endLine, location.end_column) : endOfLine(text, from);
  return { from, to: Math.max(to, Math.min(from + 1, text.length)) };
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}

/** An edit's own span may be empty: an insertion. */
export function editSpan(text: string, location: Location): Span {
  const from = offset(text, location.line ?? 1, location.column ?? 1);
  const to =
    location.end_line && location.end_column ? offset(text, location.end_line, location.end_column) : from;
  return { from, to: Math.max(from, to) };
}
