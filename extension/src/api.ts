/** The only place that talks to the server. */
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
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

export class Api {
  constructor(private readonly settings: ServerConnection.ISettings) {}

  status(): Promise<ServerStatus> {
    return this.ask('status');
  }

  live(request: LiveRequest): Promise<LiveAnswer> {
    return this.ask('live', 'POST', request);
  }

  async close(session: string): Promise<void> {
    await this.ask('live', 'DELETE', undefined, `?session=${encodeURIComponent(session)}`).catch(
      () => undefined
    );
  }

  text(request: TextRequest): Promise<TextAnswer> {
    return this.ask('text', 'POST', request);
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
