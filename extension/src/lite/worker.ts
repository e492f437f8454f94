/** The worker: texts in, matches out; the page stays quick whatever a notebook holds. */
import { find, type LiteRule, rulesOf, type Table } from './find';
import { RULES } from './rules';

export interface Question {
  readonly id: number;
  readonly texts: readonly string[];
}

async function unpacked(): Promise<LiteRule[]> {
  const bytes = Uint8Array.from(atob(RULES), letter => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return rulesOf((await new Response(stream).json()) as Table);
}

const rules = unpacked();

self.addEventListener('message', (event: MessageEvent<Question>) => {
  void rules.then(known => {
    const told = known.map(({ id, title, severity, why, fix }) => ({ id, title, severity, why, fix }));
    const found = event.data.texts.map(text => find(text, known));
    self.postMessage({ id: event.data.id, found, rules: told });
  });
});
