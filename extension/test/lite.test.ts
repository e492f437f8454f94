/** Rules in the browser: the same forms of keys as in Python, said with the same words. */
import { inflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { find, isReal, type Match, rulesOf, type Table } from '../src/lite/find';
import { Lite, Unknown } from '../src/lite/lite';
import { RULES } from '../src/lite/rules';

const table = JSON.parse(inflateRawSync(Buffer.from(RULES, 'base64')).toString()) as Table;
const rules = rulesOf(table);
const TOKEN = `hf${'_'}kQzRvTnBpLxWmYcJhGfDsAzXqEwRtYuIoP`;

/** A worker that answers at once. */
class Direct {
  private told: ((event: MessageEvent) => void)[] = [];
  seen: string[][] = [];

  addEventListener(_: string, told: unknown): void {
    this.told.push(told as (event: MessageEvent) => void);
  }

  postMessage({ id, texts }: { id: number; texts: string[] }): void {
    this.seen.push(texts);
    const found: Match[][] = texts.map(text => find(text, rules));
    for (const told of this.told) {
      told({ data: { id, found, rules } } as MessageEvent);
    }
  }
}

const cell = (id: string, source: string, outputs: Record<string, unknown>[] = []) =>
  ({ id, cell_type: 'code', source, outputs }) as const;

describe('the rules', () => {
  it('are all understood here', () => {
    expect(rules.length).toBe(table.rows.length);
    expect(rules.length).toBeGreaterThan(200);
  });

  it('find keys and nothing that stands in their place', () => {
    expect(find(`login("${TOKEN}")`, rules).map(({ rule }) => rule)).toEqual(['SECRET-HUGGINGFACE-TOKEN']);
    expect(find('login("hf_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")', rules)).toEqual([]);
    expect(find('hf_model_for_sequence_classification_with_heads = 1', rules)).toEqual([]);
    expect(isReal('your-key-goes-here')).toBe(false);
  });

  it('end, whatever a text holds', () => {
    const text = `${'hf_'.repeat(20_000)}${'AKIA'.repeat(20_000)}${'eyJ'.repeat(20_000)}`;
    expect(find(text, rules).length).toBeLessThan(400);
  });
});

describe('a notebook without a server', () => {
  const request = { session: 's', path: 'n.ipynb', base: null, order: ['a', 'b'] };

  it('has its findings, at their places, and says what was not looked at', async () => {
    const lite = new Lite(new Direct());
    const answer = await lite.live({
      ...request,
      cells: [
        cell('a', 'x = 1'),
        cell('b', `😀 = 1\nlogin("${TOKEN}")`, [
          { output_type: 'stream', name: 'stdout', text: ['using ', TOKEN] },
          { output_type: 'display_data', data: { 'image/png': TOKEN, 'text/html': [`<b>${TOKEN}</b>`] } }
        ])
      ]
    });
    expect(
      answer.findings.map(({ location: { cell, part, line, column } }) => [cell, part, line, column])
    ).toEqual([
      [2, 'source', 2, 8],
      [2, 'output 1 stdout', 1, 7],
      [2, 'output 2 text/html', 1, 4]
    ]);
    expect(JSON.stringify(answer)).not.toContain(TOKEN.slice(4, 12));
    expect(answer.gaps[0]?.reason).toContain('no server');
    expect(answer.rules['SECRET-HUGGINGFACE-TOKEN']?.why).toBeTruthy();
  });

  it('is asked about what changed only', async () => {
    const worker = new Direct();
    const lite = new Lite(worker);
    const first = await lite.live({ ...request, cells: [cell('a', `x = "${TOKEN}"`), cell('b', '2')] });
    const second = await lite.live({ ...request, base: first.revision, cells: [cell('b', '3')] });
    expect(worker.seen[1]).toEqual(['3']);
    expect(second.findings.length).toBe(1);
    const moved = await lite.live({ ...request, base: second.revision, order: ['b', 'a'], cells: [] });
    expect(moved.findings[0]?.location.cell).toBe(2);
    await expect(lite.live({ ...request, base: 99, cells: [] })).rejects.toBeInstanceOf(Unknown);
  });

  it('has plain files too', async () => {
    const answer = await new Lite(new Direct()).text({ path: 'a.py', text: `t = "${TOKEN}"` });
    expect(answer.findings[0]?.location).toMatchObject({ path: 'a.py', line: 1, column: 6 });
  });
});
