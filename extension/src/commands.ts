/** Commands for the palette, the menus and the keyboard; their keys stand in the settings schema. */
import type { ICommandPalette } from '@jupyterlab/apputils';
import type { Desk } from './desk';
import type { Scans } from './scans';

interface Entry {
  readonly label: string;
  run(args: Record<string, unknown>): unknown;
  enabled?(): boolean;
}

export function commands(desk: Desk, scans: Scans, palette: ICommandPalette | null, panelId: string): void {
  const { app, trans } = desk;
  const some = () => desk.shown.length > 0;
  const one = () => desk.selectedFinding !== null;
  const open = () => app.shell.activateById(panelId);
  const entries: Record<string, Entry> = {
    'mlsec:open-panel': { label: trans.__('Show security findings'), run: open },
    'mlsec:next': { label: trans.__('Next security finding'), run: () => desk.step(1), enabled: some },
    'mlsec:previous': {
      label: trans.__('Previous security finding'),
      run: () => desk.step(-1),
      enabled: some
    },
    'mlsec:mend': {
      label: trans.__('Mend the selected finding'),
      run: () => desk.mendSelected(),
      enabled: one
    },
    'mlsec:ignore': {
      label: trans.__('Ignore the selected finding…'),
      run: () => desk.ignoreSelected(),
      enabled: one
    },
    'mlsec:rescan': {
      label: trans.__('Scan the open document again'),
      run: () => desk.subject?.scan(),
      enabled: () => desk.subject !== null
    },
    'mlsec:scan-folder': {
      label: trans.__('Scan this folder'),
      run: args => {
        open();
        return scans.scan(typeof args.path === 'string' ? args.path : scans.folder());
      }
    },
    'mlsec:open-report': {
      label: trans.__('Open a security report…'),
      run: args => (typeof args.path === 'string' ? scans.open(args.path) : scans.ask())
    }
  };
  for (const [id, { label, run, enabled }] of Object.entries(entries)) {
    app.commands.addCommand(id, {
      label,
      execute: args => run(args as Record<string, unknown>),
      isEnabled: enabled ?? (() => true)
    });
    palette?.addItem({ command: id, category: 'mlsec' });
  }
}
