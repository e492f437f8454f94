/** The only place that talks to the server. */
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type { Lite } from './lite/lite';
import type {
  Finding,
  Gap,
  Job,
  LiveAnswer,
  LiveRequest,
  Report,
  Rule,
  ServerStatus,
  TextRequest
} from './report';

/** The server answered, but with a no. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string
  ) {
    super(message);
  }
}

export interface TextAnswer {
  findings: Finding[];
  gaps: Gap[];
  rules: Record<string, Rule>;
}

/** What a host without our server answers: JupyterLite has none, and ours can be switched off. */
const ABSENT = new Set([404, 405, 501]);

export class Api {
  private lite: Promise<Lite> | null = null;

  constructor(private readonly settings: ServerConnection.ISettings) {}

  status(): Promise<ServerStatus> {
    return this.ask('status');
  }

  live(request: LiveRequest): Promise<LiveAnswer> {
    return this.either('live', request, lite => lite.live(request));
  }

  async close(session: string): Promise<void> {
    if (this.lite) {
      (await this.lite).close(session);
      return;
    }
    await this.ask('live', 'DELETE', undefined, `?session=${encodeURIComponent(session)}`).catch(
      () => undefined
    );
  }

  text(request: TextRequest): Promise<TextAnswer> {
    return this.either('text', request, lite => lite.text(request));
  }

  startScan(path: string): Promise<Job> {
    return this.ask('workspace', 'POST', { path });
  }

  job(id: string): Promise<Job> {
    return this.ask(`jobs/${id}`);
  }

  cancel(id: string): Promise<Job> {
    return this.ask(`jobs/${id}`, 'DELETE');
  }

  report(path: string): Promise<Report> {
    return this.ask('report', 'POST', { path });
  }

  startGate(name: string): Promise<Job> {
    return this.ask(`gates/${encodeURIComponent(name)}`, 'POST', {});
  }

  rule(id: string): Promise<Rule> {
    return this.ask(`rules/${encodeURIComponent(id)}`);
  }

  accept(path: string, fingerprints: readonly string[]): Promise<{ accepted: number }> {
    return this.ask('baseline', 'POST', { path, fingerprints });
  }

  /** The server's answer, or that of the rules in the browser from the moment that no server is there. */
  private async either<T>(route: string, body: unknown, lite: (lite: Lite) => Promise<T>): Promise<T> {
    if (!this.lite) {
      try {
        return await this.ask<T>(route, 'POST', body);
      } catch (error) {
        if (!(error instanceof Refused && ABSENT.has(error.status))) {
          throw error;
        }
        this.lite ??= import('./lite/lite').then(found => new found.Lite());
      }
    }
    try {
      return await lite(await this.lite);
    } catch (error) {
      throw (error as Error).name === 'Unknown' ? new Refused(409, 'unknown') : error;
    }
  }

  private async ask<T>(route: string, method = 'GET', body?: unknown, query = ''): Promise<T> {
    const url = URLExt.join(this.settings.baseUrl, 'mlsec', route) + query;
    const init: RequestInit = { method, cache: 'no-store' };
    if (body !== undefined) {
      init.body = JSON.stringify(body);
    }
    const response = await ServerConnection.makeRequest(url, init, this.settings);
    if (response.ok) {
      return (response.status === 204 ? undefined : await response.json()) as T;
    }
    const said = (await response.json().catch(() => ({}))) as { message?: string };
    throw new Refused(response.status, said.message ?? response.statusText);
  }
}
