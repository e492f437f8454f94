/** The number on the panel's icon and the item in the status bar. */
import { ReactWidget } from '@jupyterlab/apputils';
import type { IStatusBar } from '@jupyterlab/statusbar';
import type { Widget } from '@lumino/widgets';
import { createElement } from 'react';
import type { Desk } from './desk';
import { count, total, worst } from './model';
import { StatusItem } from './views/status';

export function badge(panel: Widget, desk: Desk): void {
  const show = () => {
    const counts = count(desk.subject?.findings ?? []);
    const { 'mlsec-count': _, 'mlsec-worst': __, ...rest } = panel.title.dataset;
    const sum = total(counts);
    panel.title.dataset =
      sum > 0
        ? { ...rest, 'mlsec-count': sum > 99 ? '99+' : String(sum), 'mlsec-worst': worst(counts) ?? '' }
        : rest;
  };
  desk.watch.changed.connect(show);
  show();
}

export function statusItem(bar: IStatusBar | null, desk: Desk): void {
  if (!bar) {
    return;
  }
  const item = ReactWidget.create(createElement(StatusItem, { desk }));
  item.addClass('mlsec-statusbar');
  bar.registerStatusItem('mlsec-nb:status', {
    item,
    align: 'right',
    rank: 50,
    isActive: () => desk.subject !== null,
    activeStateChanged: desk.watch.switched
  });
}
