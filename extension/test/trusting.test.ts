import { expect, it } from 'vitest';
import { risks } from '../src/trusting';

const html = (text: string | string[]) => [{ output_type: 'display_data', data: { 'text/html': text } }];
const dangers = (text: string) => risks('c', 1, html(text)).map(risk => risk.danger);

it('names what would run', () => {
  expect(dangers('<script>x()</script>')).toEqual(['script']);
  expect(dangers('<SCRIPT/src=https://evil.example/a.js>')).toEqual(['script']);
  expect(dangers('<img src=x onerror=alert(1)>')).toEqual(['event']);
  expect(dangers('<a href="javascript:x()">y</a>')).toEqual(['javascript']);
  expect(dangers('<iframe src="https://evil.example"></iframe>')).toEqual(['frame']);
  expect(dangers('<form action=https://evil.example><input></form>')).toEqual(['form']);
  expect(dangers('<a href="https://example.org/">y</a>')).toEqual(['link']);
});

it('finds nothing in a table', () => {
  expect(dangers('<table><tr><td>on = 1</td><td>script</td></tr></table>')).toEqual([]);
});

it('counts, and names the hosts', () => {
  const [risk] = risks(
    'c',
    3,
    html(['<script src="https://B.example/x">', '</script><script src=https://a.example>'])
  );
  expect(risk).toEqual({
    cellId: 'c',
    cell: 3,
    danger: 'script',
    count: 2,
    hosts: ['a.example', 'b.example']
  });
});

it('knows scripts and widgets by their type', () => {
  const outputs = [
    { data: { 'application/javascript': 'x()' } },
    { data: { 'application/vnd.jupyter.widget-view+json': { model_id: 'x' } } },
    { output_type: 'stream', text: '<script>' }
  ];
  expect(risks('c', 1, outputs).map(risk => risk.danger)).toEqual(['script', 'widget']);
});
