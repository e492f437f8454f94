import { describe, expect, it } from 'vitest';
import { applied, changes, ignoreChange, ignoreComment, preview, REDACTED, work } from '../src/edits';
import { redactOutput } from '../src/outputs';
import type { Edit, Fix } from '../src/report';
import { finding } from './sample';

function edit(line: number, column: number, end: number, replacement: string, more = {}): Edit {
  const location = {
    path: 'a',
    cell_id: 'c1',
    part: 'source',
    line,
    column,
    end_line: line,
    end_column: end,
    ...more
  };
  return { location, replacement };
}

describe('changes of a text', () => {
  it('go from the end to the beginning, the same import once', () => {
    const text = 'a = "x"\nb = "y"';
    const list = changes(text, [
      edit(1, 1, 1, 'import os\n'),
      edit(1, 5, 8, 'A'),
      edit(1, 1, 1, 'import os\n'),
      edit(2, 5, 8, 'B')
    ]);
    expect(applied(text, list)).toBe('import os\na = A\nb = B');
  });

  it('never overlap', () => {
    const text = 'abcdef';
    expect(applied(text, changes(text, [edit(1, 1, 4, 'X'), edit(1, 2, 6, 'Y')]))).toBe('aYf');
  });

  it('are gathered by the cell that they change', () => {
    const fix: Fix = {
      title: 't',
      action: 'replace',
      edits: [edit(1, 1, 1, 'x', { cell_id: 'c0' }), edit(1, 1, 2, 'y')]
    };
    const mask: Fix = {
      title: 'm',
      action: 'redact',
      edits: [edit(1, 1, 2, '', { part: 'output 1 text/plain' })]
    };
    const clear: Fix = { title: 'c', action: 'clear-output', edits: [] };
    const cells = work([
      [finding(), fix],
      [finding(), mask],
      [finding(), clear]
    ]);
    expect([...cells.keys()]).toEqual(['c0', 'c1']);
    expect(cells.get('c1')).toMatchObject({ clear: true, source: [{ replacement: 'y' }] });
    expect(cells.get('c1')?.outputs[0]?.replacement).toBe(REDACTED);
  });
});

it('a preview shows the line before, masked, and after', () => {
  const fix: Fix = {
    title: 't',
    action: 'replace',
    edits: [edit(1, 1, 1, 'import os\n'), edit(2, 5, 13, 'E["T"]')]
  };
  const one = finding({ fixes: [fix] });
  expect(preview('x = 1\nt = "secret"  # mine', one, fix)).toEqual({
    before: 't = hf_…(37 characters)  # mine',
    after: 't = E["T"]  # mine'
  });
  expect(preview('x', one, { title: 't', action: 'clear-output', edits: [] })).toEqual({
    before: '',
    after: ''
  });
});

describe('ignoring', () => {
  it('writes the comment of the language', () => {
    expect(ignoreComment('R', ' a\n b ', 'python')).toBe('# mlsec: ignore[R] a b');
    expect(ignoreComment('R', 'x', 'javascript')).toBe('// mlsec: ignore[R] x');
    expect(ignoreComment('R', 'x --> y', 'markdown')).toBe('<!-- mlsec: ignore[R] x – y -->');
    expect(ignoreComment('R', 'x', 'brainfuck')).toBeNull();
  });

  it('puts it at the end of the line', () => {
    const text = 'a\nbb\nc';
    expect(applied(text, [ignoreChange(text, 2, '# x')])).toBe('a\nbb  # x\nc');
    expect(applied(text, [ignoreChange(text, 3, '# x')])).toBe('a\nbb\nc  # x');
  });
});

describe('redacting outputs', () => {
  const at = (part: string, column: number, end: number) => edit(1, column, end, '…', { part });

  it('masks in MIME parts and streams, several at once', () => {
    const outputs = [
      { output_type: 'stream', text: ['ab', 'cd ef'] },
      { output_type: 'display_data', data: { 'text/html': 'secret', 'text/plain': 'secret' } }
    ];
    const after = redactOutput(outputs, [
      at('output 1 stdout', 1, 3),
      at('output 1 stdout', 6, 8),
      at('output 2 text/html', 1, 7)
    ]);
    expect(after).toEqual([
      { output_type: 'stream', text: '…cd …' },
      { output_type: 'display_data', data: { 'text/html': '…', 'text/plain': 'secret' } }
    ]);
    expect(outputs[0]?.text).toEqual(['ab', 'cd ef']);
  });

  it('does nothing where a place is not to be found', () => {
    expect(redactOutput([], [at('output 1 stdout', 1, 3)])).toBeNull();
    expect(redactOutput([{ output_type: 'error' }], [at('output 1 traceback', 1, 3)])).toBeNull();
    expect(
      redactOutput([{ output_type: 'stream', text: '\u001b[31mred' }], [at('output 1 stdout', 1, 3)])
    ).toBeNull();
    expect(redactOutput([{ output_type: 'stream', text: '' }], [at('output 1 stdout', 1, 3)])).toBeNull();
    expect(redactOutput([{ data: { 'a/b': { x: 1 } } }], [at('output 1 a/b', 1, 3)])).toBeNull();
  });
});
