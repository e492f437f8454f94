import { describe, expect, it } from 'vitest';
import {
  arrived,
  atLeast,
  byPlace,
  chosen,
  count,
  EVERYTHING,
  grouped,
  identity,
  neighbour,
  place,
  spans,
  total,
  worst
} from '../src/model';
import { finding } from './sample';

const a = finding({ fingerprint: 'a', severity: 'low', location: { cell: 2 } });
const b = finding({ fingerprint: 'b', severity: 'critical', location: { cell: 2, line: 3 } });
const c = finding({ fingerprint: 'c', location: { cell: 1, part: 'output 1 text/html' }, rule: 'OTHER' });
const known = finding({ fingerprint: 'd', status: 'known', severity: 'medium' });
const all = [b, a, known, c];

describe('counting', () => {
  it('counts what nobody has judged, the worst first', () => {
    expect(count(all)).toEqual({ critical: 1, high: 1, medium: 0, low: 1, info: 0 });
    expect(total(count(all))).toBe(3);
    expect(worst(count(all))).toBe('critical');
    expect(worst(count([known]))).toBeNull();
  });

  it('knows which severity is at least another', () => {
    expect(atLeast('critical', 'high')).toBe(true);
    expect(atLeast('medium', 'high')).toBe(false);
  });
});

describe('choosing', () => {
  it('leaves judged findings out until they are asked for', () => {
    expect(chosen(all, EVERYTHING).map(one => one.fingerprint)).toEqual(['c', 'a', 'b']);
    expect(chosen(all, { ...EVERYTHING, judged: true })).toHaveLength(4);
  });

  it('finds every word anywhere in what is shown, in any case', () => {
    expect(chosen(all, { ...EVERYTHING, words: 'other OUTPUT' }).map(one => one.fingerprint)).toEqual(['c']);
    expect(chosen(all, { ...EVERYTHING, words: 'nothing' })).toEqual([]);
  });

  it('hides severities and sorts by them', () => {
    const severities = new Set(['critical', 'low'] as const);
    expect(chosen(all, { ...EVERYTHING, severities, order: 'severity' }).map(one => one.fingerprint)).toEqual(
      ['b', 'a']
    );
  });

  it('groups by place, rule, severity or not at all', () => {
    const shown = chosen(all, EVERYTHING);
    expect(grouped(shown, 'place').map(one => one.key)).toEqual(['cell 1', 'cell 2']);
    expect(grouped(shown, 'rule').map(one => one.findings.length)).toEqual([1, 2]);
    expect(grouped(shown, 'severity').map(one => one.key)).toEqual(['high', 'low', 'critical']);
    expect(grouped(shown, 'file').map(one => one.key)).toEqual(['a.ipynb']);
    expect(grouped(shown, 'none')).toHaveLength(1);
  });
});

describe('walking', () => {
  const shown = chosen(all, EVERYTHING);
  const id = (index: number) => identity(shown[index] as (typeof shown)[0]);

  it('goes round in both directions', () => {
    expect(neighbour(shown, null, 1)).toBe(shown[0]);
    expect(neighbour(shown, null, -1)).toBe(shown[2]);
    expect(neighbour(shown, id(2), 1)).toBe(shown[0]);
    expect(neighbour(shown, id(0), -1)).toBe(shown[2]);
    expect(neighbour(shown, 'gone', 1)).toBe(shown[0]);
    expect(neighbour([], null, 1)).toBeNull();
  });

  it('puts sources before outputs of the same cell', () => {
    const source = finding({ location: { cell: 1 } });
    expect([c, source].sort(byPlace)).toEqual([source, c]);
  });
});

it('says places as the terminal does', () => {
  expect(place(c)).toBe('cell 1 › output 1 text/html:1');
  expect(place(finding({ location: { path: 'x.py', cell: undefined, line: 4 } }))).toBe('x.py:4');
  expect(place(finding({ location: { path: 'x.zip', cell: undefined, member: 'y', line: undefined } }))).toBe(
    'y'
  );
});

it('tells only of findings that were not there before', () => {
  expect(arrived(new Set(['a']), all).map(one => one.fingerprint)).toEqual(['b', 'c']);
});

it('tells code from words', () => {
  expect(spans('a\n `b  c` d').map(({ code, words }) => [code, words])).toEqual([
    [false, 'a '],
    [true, 'b  c'],
    [false, ' d']
  ]);
});
