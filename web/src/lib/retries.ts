/** The pauses before another try, in ms: a picture is made in seconds, on a busy box in a minute. */
const PAUSES_MS = [2_000, 8_000, 30_000];

/** Tries something a few times more, each later than the one before. */
export class Retries {
  private used = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly retry: () => void) {}

  /** Something else is tried from now on. */
  begin(): void {
    this.stop();
    this.used = 0;
  }

  /** Whether there is another try, which comes by itself. */
  again(): boolean {
    const pause = PAUSES_MS[this.used];
    if (pause === undefined) return false;
    this.used += 1;
    this.timer = setTimeout(this.retry, pause);
    return true;
  }

  stop(): void {
    clearTimeout(this.timer);
  }
}
