// An answer that is not the wished one, as RFC 9457 tells it; a silent server looks the same.
import { t } from '../words';

export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly extras: Readonly<Record<string, unknown>>;

  constructor(status: number, code: string, detail: string, extras: Record<string, unknown> = {}) {
    super(detail);
    this.name = 'Problem';
    this.status = status;
    this.code = code;
    this.extras = extras;
  }

  /** The input the server complains about, when it names one. */
  get field(): string | undefined {
    return typeof this.extras.field === 'string' ? this.extras.field : undefined;
  }

  /** How long the server wants to be left alone, in seconds. */
  get retryAfterS(): number {
    const seconds = Number(this.extras.retry_after_s);
    return Number.isFinite(seconds) && seconds > 0 ? Math.ceil(seconds) : 0;
  }

  static unreachable(): Problem {
    return new Problem(0, 'unreachable', t('error.unreachable'));
  }

  static async from(response: Response): Promise<Problem> {
    const retry_after_s = Number(response.headers.get('retry-after')) || undefined;
    const body: unknown = await response.json().catch(() => undefined);
    const facts = typeof body === 'object' && body !== null ? { ...body } : {};
    const extras: Record<string, unknown> = { retry_after_s, ...facts };
    const code = typeof extras.code === 'string' ? extras.code : `http_${response.status}`;
    const detail = typeof extras.detail === 'string' ? extras.detail : t('error.unknown');
    return new Problem(response.status, code, detail, extras);
  }
}

/** Whatever was thrown, as a Problem that can be shown. */
export function asProblem(thrown: unknown): Problem {
  return thrown instanceof Problem ? thrown : new Problem(0, 'internal', t('error.unknown'));
}
