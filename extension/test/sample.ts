import type { Finding, Location } from '../src/report';

export function finding(
  change: Partial<Omit<Finding, 'location'>> & { location?: Partial<Location> } = {}
): Finding {
  const { location, ...rest } = change;
  return {
    rule: 'SECRET-X',
    title: 'A secret',
    scanner: 'secrets',
    severity: 'high',
    confidence: 'high',
    message: 'A secret',
    evidence: { shown: 'hf_…(37 characters)', digest: '00' },
    fingerprint: 'f0',
    status: 'new',
    fixes: [],
    references: [],
    ...rest,
    location: { path: 'a.ipynb', cell: 1, cell_id: 'c1', part: 'source', line: 1, column: 1, ...location }
  };
}
