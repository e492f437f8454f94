import { describe, expect, it } from 'vitest';
import { editSpan, offset, span } from '../src/positions';

const TEXT = 'a = 1\n# 😀 key = "x"\n\nend';

describe('positions', () => {
  it('counts characters, not UTF-16 units', () => {
    expect(TEXT.slice(offset(TEXT, 2, 5))).toMatch(/^key/);
    expect(TEXT.slice(offset(TEXT, 2, 3), offset(TEXT, 2, 4))).toBe('😀');
  });

  it('never leaves the line or the text: the text may be newer than the scan', () => {
    expect(offset(TEXT, 1, 99)).toBe(5);
    expect(offset(TEXT, 99, 1)).toBe(TEXT.length);
    expect(offset('', 1, 1)).toBe(0);
    expect(offset(TEXT, 3, 4)).toBe(offset(TEXT, 3, 1));
  });

  it('makes a span that can be seen', () => {
    const at = { path: 'x', line: 2, column: 5, end_line: 2, end_column: 8 };
    expect(TEXT.slice(...Object.values(span(TEXT, at)))).toBe('key');
    expect(span(TEXT, { path: 'x', line: 1, column: 3, end_line: 1, end_column: 3 })).toEqual({
      from: 2,
      to: 3
    });
    expect(span(TEXT, { path: 'x', line: 4, column: 1 })).toEqual({ from: 22, to: 25 });
    expect(span(TEXT, { path: 'x' })).toEqual({ from: 0, to: 5 });
    expect(span('', { path: 'x', line: 1, column: 1 })).toEqual({ from: 0, to: 0 });
  });

  it('lets an edit insert', () => {
    expect(editSpan(TEXT, { path: 'x', line: 1, column: 1, end_line: 1, end_column: 1 })).toEqual({
      from: 0,
      to: 0
    });
    expect(editSpan(TEXT, { path: 'x', line: 2, column: 1 })).toEqual({ from: 6, to: 6 });
    expect(editSpan(TEXT, { path: 'x' })).toEqual({ from: 0, to: 0 });
  });
});
