/** The user's choices, as the settings editor writes them. */
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { Signal } from '@lumino/signaling';
import type { SaveGuardMode, Severity } from './report';

export const PLUGIN = 'mlsec-nb:plugin';

export interface Values {
  readonly live: boolean;
  readonly files: boolean;
  readonly delay: number;
  readonly gutter: boolean;
  readonly saveGuard: SaveGuardMode;
  readonly saveGuardSeverity: Severity;
  readonly fileBrowserMarks: boolean;
}

export const DEFAULTS: Values = {
  live: true,
  files: true,
  delay: 400,
  gutter: true,
  saveGuard: 'warn',
  saveGuardSeverity: 'high',
  fileBrowserMarks: true
};

export class Settings {
  readonly changed = new Signal<this, Values>(this);
  private current: Values = DEFAULTS;

  constructor(private readonly registry: ISettingRegistry | null) {}

  get values(): Values {
    return this.current;
  }

  /** Without a registry, or with one that does not know us, the defaults hold. */
  async load(): Promise<void> {
    if (!this.registry) {
      return;
    }
    try {
      const settings = await this.registry.load(PLUGIN);
      const take = () => {
        this.current = { ...DEFAULTS, ...(settings.composite as Partial<Values>) };
        this.changed.emit(this.current);
      };
      settings.changed.connect(take);
      take();
    } catch {
      this.current = DEFAULTS;
    }
  }

  /** Holds at once; the registry follows. */
  async set<K extends keyof Values>(name: K, value: Values[K]): Promise<void> {
    this.current = { ...this.current, [name]: value };
    this.changed.emit(this.current);
    await this.registry?.set(PLUGIN, name, value as Parameters<ISettingRegistry['set']>[2]);
  }
}
