// A film as it plays: the element's state as values, and the link renewed when it ends.
import { asProblem } from '../api';
import { t } from '../words';
import { Link } from './link';
import { MediaKeys, type Facts } from './media-keys';
import { Saver } from './saver';

/** Renewing without any progress in between ends after this many times. */
const RENEWALS_MAX = 3;
/** Closer to the end than this a film counts as seen and starts anew. */
const SEEN_SHARE = 0.95;

/** How far the skip keys go. */
export const SKIP_S = 10;

export interface Trouble {
  kind: 'cannot-play' | 'only-sound' | 'problem';
  text: string;
  /** True where the server found the words. */
  data?: boolean;
}

export class Film {
  playing = $state(false);
  waiting = $state(true);
  /** True when the browser wants a tap before it plays. */
  blocked = $state(false);
  ended = $state(false);
  current = $state(0);
  duration = $state(0);
  buffered = $state(0);
  muted = $state(false);
  volume = $state(1);
  trouble = $state.raw<Trouble | undefined>();

  readonly #video: HTMLVideoElement;
  readonly #link: Link;
  readonly #saver: Saver;
  #renewals = 0;
  #resumeAt = 0;
  /** Whether the person wants it to play; a new link must not start what was paused. */
  #wanted = false;
  #closed = false;
  readonly #ends = new AbortController();
  readonly #keys = new MediaKeys({
    play: () => this.play(),
    pause: () => this.pause(),
    seekbackward: ({ seekOffset }) => this.skip(-(seekOffset ?? SKIP_S)),
    seekforward: ({ seekOffset }) => this.skip(seekOffset ?? SKIP_S),
    seekto: ({ seekTime }) => seekTime != null && this.seek(seekTime),
  });

  constructor(video: HTMLVideoElement, id: string) {
    this.#video = video;
    this.#link = new Link(id);
    this.#saver = new Saver(id);
    this.#listen();
  }

  #listen(): void {
    const on = (name: keyof HTMLMediaElementEventMap, handler: () => void) =>
      this.#video.addEventListener(name, handler, { signal: this.#ends.signal });
    on('loadedmetadata', () => this.#known());
    on('timeupdate', () => this.#moved());
    on('progress', () => this.#loaded());
    on('waiting', () => (this.waiting = true));
    on('playing', () => this.#started());
    on('canplay', () => (this.waiting = false));
    on('pause', () => this.#paused());
    on('ended', () => this.#finished());
    on('error', () => void this.#failed());
    on('volumechange', () => this.#heard());
    addEventListener('pagehide', () => this.#tell('stopped'), { signal: this.#ends.signal });
    document.addEventListener(
      'visibilitychange',
      // A phone may kill the page after this without another word.
      () => document.visibilityState === 'hidden' && this.#tell('stopped'),
      { signal: this.#ends.signal },
    );
  }

  /** Opens the film where somebody stopped, or at its start. */
  async open(fromStart: boolean): Promise<void> {
    try {
      const ticket = await this.#link.renew();
      if (this.#closed) return;
      const at = (ticket.position_ms ?? 0) / 1000;
      const end = (ticket.duration_ms ?? 0) / 1000;
      this.duration = end;
      const resume = !fromStart && !(end > 0 && at > end * SEEN_SHARE);
      this.#load(ticket.url, resume ? at : 0);
      this.play();
    } catch (thrown) {
      this.#problem(thrown);
    }
  }

  /** Takes the media keys, under the name the system shows beside them. */
  announce(facts: Facts): void {
    if (!this.#closed) this.#keys.take(facts);
  }

  #load(url: string, at: number): void {
    this.#resumeAt = at;
    this.current = at;
    this.#video.src = url;
    this.#video.load();
  }

  #known(): void {
    if (Number.isFinite(this.#video.duration)) this.duration = this.#video.duration;
    if (this.#resumeAt > 0) this.#video.currentTime = this.#resumeAt;
    this.#resumeAt = 0;
    // A browser that knows the sound but not the picture plays on in the dark; say so.
    if (this.#video.videoWidth === 0) this.trouble = { kind: 'only-sound', text: t('player.onlySound') };
  }

  play(): void {
    this.blocked = false;
    this.#wanted = true;
    if (this.#closed) return;
    if (this.#video.src !== '' && !this.#link.holds) return void this.#renew();
    this.#video.play().catch((thrown: unknown) => {
      const name = thrown instanceof DOMException ? thrown.name : '';
      if (name !== 'NotAllowedError') return;
      this.blocked = true;
      this.waiting = false;
    });
  }

  pause(): void {
    this.#wanted = false;
    this.#video.pause();
  }

  toggle(): void {
    if (this.#video.paused) this.play();
    else this.pause();
  }

  seek(seconds: number): void {
    const to = Math.max(0, Math.min(seconds, this.duration || seconds));
    this.current = to;
    this.ended = false;
    if (this.#video.readyState === 0) this.#resumeAt = to;
    else this.#video.currentTime = to;
  }

  skip(seconds: number): void {
    this.seek(this.current + seconds);
  }

  setVolume(volume: number): void {
    this.#video.volume = Math.max(0, Math.min(1, volume));
    this.#video.muted = volume <= 0;
  }

  mute(): void {
    this.#video.muted = !this.#video.muted;
  }

  /** Tries again from where it was, after a trouble. */
  again(): void {
    this.trouble = undefined;
    this.#renewals = 0;
    this.#wanted = true;
    void this.#renew();
  }

  /** Leaves the film; what was reached is told to the box. */
  close(): void {
    if (this.#closed) return;
    this.#tell('stopped');
    this.#closed = true;
    this.#ends.abort();
    this.#keys.give();
    this.#video.pause();
    this.#video.removeAttribute('src');
    this.#video.load();
  }

  async #renew(): Promise<void> {
    this.waiting = true;
    try {
      const ticket = await this.#link.renew();
      if (this.#closed) return;
      // Not where it stood when the link ended: somebody may have moved on meanwhile.
      this.#load(ticket.url, this.current);
      if (this.#wanted) this.play();
    } catch (thrown) {
      this.#problem(thrown);
    }
  }

  #problem(thrown: unknown): void {
    this.waiting = false;
    const { message, status } = asProblem(thrown);
    this.trouble = { kind: 'problem', text: message, data: status > 0 };
  }

  #started(): void {
    this.playing = true;
    this.waiting = false;
    this.blocked = false;
    this.ended = false;
    this.#saver.begun();
  }

  #paused(): void {
    this.playing = false;
    if (this.#video.ended || this.#video.error !== null) return;
    // Media keys and the phone's own controls pause the element without asking this.
    if (this.#video.readyState > 0) this.#wanted = false;
    this.#tell('paused');
  }

  #finished(): void {
    this.playing = false;
    this.ended = true;
    this.#tell('ended');
  }

  #moved(): void {
    // While a new link is being opened the element stands at zero; that is no position.
    if (this.#video.readyState === 0 || this.#resumeAt > 0) return;
    this.current = this.#video.currentTime;
    this.#keys.at(this.current, this.duration);
    if (this.#video.paused) return;
    this.#renewals = 0;
    this.#saver.tick(this.current * 1000, this.duration * 1000);
  }

  #loaded(): void {
    const { buffered, currentTime } = this.#video;
    for (let range = 0; range < buffered.length; range++) {
      if (buffered.start(range) <= currentTime && currentTime <= buffered.end(range)) {
        this.buffered = buffered.end(range);
      }
    }
  }

  #heard(): void {
    this.muted = this.#video.muted;
    this.volume = this.#video.volume;
  }

  #tell(event: 'paused' | 'stopped' | 'ended'): void {
    if (this.#closed || this.current <= 0) return;
    this.#saver.tell(event, this.current * 1000, this.duration * 1000);
  }

  async #failed(): Promise<void> {
    if (this.#closed || this.#video.getAttribute('src') === null) return;
    const served = await this.#link.served();
    if (this.#closed) return;
    if (!served && this.#renewals < RENEWALS_MAX) {
      this.#renewals += 1;
      return this.#renew();
    }
    this.waiting = false;
    this.playing = false;
    this.trouble = served
      ? { kind: 'cannot-play', text: t('player.cannotPlay') }
      : { kind: 'problem', text: t('error.unreachable') };
  }
}
