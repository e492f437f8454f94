/** Marks in the file browser at files with findings, as far as they were scanned: open documents and the last folder scan. */
import { PathExt } from '@jupyterlab/coreutils';
import type { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import type { Desk } from './desk';
import { count, total } from './model';
import type { Scans } from './scans';

export function fileMarks(browser: IDefaultFileBrowser | null, desk: Desk, scans: Scans): void {
  if (!browser) {
    return;
  }
  let frame = 0;
  const later = () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => paint(browser, desk, scans));
  };
  // JupyterLab makes and fills its rows as it likes, and tells nobody.
  new MutationObserver(later).observe(browser.node, { childList: true, subtree: true });
  desk.watch.changed.connect(later);
  desk.settings.changed.connect(later);
  scans.changed.connect(later);
}

function paint(browser: IDefaultFileBrowser, desk: Desk, scans: Scans): void {
  const numbers = desk.settings.values.fileBrowserMarks ? byPath(desk, scans) : new Map<string, number>();
  const folder = scans.folder();
  for (const item of browser.node.querySelectorAll<HTMLElement>('.jp-DirListing-item')) {
    const name = item.querySelector('.jp-DirListing-itemText')?.textContent?.trim() ?? '';
    const number = numbers.get(PathExt.join(folder, name)) ?? 0;
    if (number === 0) {
      delete item.dataset.mlsec;
    } else if (item.dataset.mlsec !== String(number)) {
      item.dataset.mlsec = String(number);
    }
  }
}

/** How many findings each file has; what is open is newer than what was scanned. */
function byPath(desk: Desk, scans: Scans): Map<string, number> {
  const numbers = new Map<string, number>();
  for (const finding of scans.job?.report?.findings ?? []) {
    const { path } = finding.location;
    numbers.set(path, (numbers.get(path) ?? 0) + (finding.status === 'new' ? 1 : 0));
  }
  for (const subject of desk.watch.all()) {
    if (subject.state === 'ready') {
      numbers.set(subject.path, total(count(subject.findings)));
    }
  }
  return numbers;
}
