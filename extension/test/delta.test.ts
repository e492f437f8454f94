import { describe, expect, it } from 'vitest';
import { Delta, hash, PIECE, type Source, slim } from '../src/delta';
import type { CellContent } from '../src/report';

class Notebook implements Source {
  readonly path = 'a.ipynb';
  readonly language = 'python';
  constructor(readonly texts: Map<string, string>) {}
  get order() {
    return [...this.texts.keys()];
  }
  cell(id: string): { content: CellContent; omitted: number } {
    return {
      content: { id, cell_type: 'code', source: this.texts.get(id) ?? '' },
      omitted: id === 'b' ? 2 : 0
    };
  }
}

function opened() {
  const book = new Notebook(
    new Map([
      ['a', 'x'],
      ['b', 'y'],
      ['c', 'z']
    ])
  );
  const delta = new Delta('s');
  return { book, delta };
}

describe('what is sent', () => {
  it('is everything at first, and only what changed from then on', () => {
    const { book, delta } = opened();
    const first = delta.request(book);
    expect(first).toMatchObject({ base: null, order: ['a', 'b', 'c'], omitted: 2 });
    expect(first?.cells).toHaveLength(3);
    delta.accept(1);
    book.texts.set('b', 'Y');
    delta.touch('b');
    const second = delta.request(book);
    expect(second).toMatchObject({ base: 1, omitted: 2 });
    expect(second?.order).toBeUndefined();
    expect(second?.cells.map(cell => cell.id)).toEqual(['b']);
  });

  it('is nothing when nothing changed after all', () => {
    const { book, delta } = opened();
    delta.request(book);
    delta.accept(1);
    delta.touch('a');
    expect(delta.request(book)).toBeNull();
  });

  it('tells of moved and removed cells without sending them', () => {
    const { book, delta } = opened();
    delta.request(book);
    delta.accept(1);
    book.texts.delete('a');
    expect(delta.request(book)).toMatchObject({ order: ['b', 'c'], cells: [] });
  });

  it('is sent again when it was not answered, or when the server has forgotten', () => {
    const { book, delta } = opened();
    delta.request(book);
    delta.reject();
    expect(delta.request(book)?.cells).toHaveLength(3);
    delta.accept(1);
    book.texts.set('a', 'X');
    delta.touch('a');
    delta.request(book);
    delta.reject();
    expect(delta.request(book)?.cells.map(cell => cell.id)).toEqual(['a']);
    delta.accept(2);
    delta.reset();
    expect(delta.request(book)).toMatchObject({ base: null, order: ['a', 'b', 'c'] });
  });

  it('is at most a few kB for an edit in a large notebook', () => {
    const texts = new Map(
      Array.from({ length: 500 }, (_, n) => [`cell-${n}`, 'x = 1\n'.repeat(20)] as const)
    );
    const book = new Notebook(texts);
    const delta = new Delta('s');
    delta.request(book);
    delta.accept(1);
    texts.set('cell-7', 'y');
    delta.touch('cell-7');
    expect(JSON.stringify(delta.request(book)).length).toBeLessThan(5_000);
  });
});

describe('outputs', () => {
  it('lose images and long pieces, and keep their numbers', () => {
    const { outputs, omitted } = slim([
      {
        output_type: 'display_data',
        data: { 'image/png': 'AAAA', 'text/plain': 'x', 'image/svg+xml': ['<svg>'] }
      },
      { output_type: 'stream', name: 'stdout', text: 'x'.repeat(PIECE + 1) },
      { output_type: 'stream', name: 'stdout', text: ['a', 'b'] },
      {
        output_type: 'display_data',
        data: { 'application/vnd.x+json': { a: 1 }, 'application/pdf': 'AAAA' }
      },
      { output_type: 'error', traceback: ['x'] }
    ]);
    expect(outputs).toHaveLength(5);
    expect(Object.keys(outputs[0]?.data as object)).toEqual(['text/plain', 'image/svg+xml']);
    expect(outputs[1]?.text).toBe('');
    expect(Object.keys(outputs[3]?.data as object)).toEqual(['application/vnd.x+json']);
    expect(omitted).toBe(3);
  });
});

it('tells texts apart', () => {
  const texts = ['', 'a', 'b', 'ab', 'ba', 'a\n', '😀'];
  expect(new Set(texts.map(hash)).size).toBe(texts.length);
  expect(hash('a')).toBe(hash('a'));
});
