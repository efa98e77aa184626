// Plays a queue of tracks through one audio element, and speaks with the system's media keys.
import { asProblem, items } from '../api';
import { music } from '../state/music.svelte';
import { say } from '../state/notes.svelte';
import { t } from '../words';
import { Link } from './link';
import { MediaKeys } from './media-keys';
import { Saver } from './saver';

/** "Previous" within the first seconds goes back a track, later to the start of this one. */
const RESTART_AFTER_S = 3;
const RENEWALS_MAX = 2;

export class Engine {
  readonly #audio: HTMLAudioElement;
  #link: Link | undefined;
  #saver: Saver | undefined;
  #turn = 0;
  #renewals = 0;
  readonly #keys = new MediaKeys({
    play: () => this.toggle(),
    pause: () => this.pause(),
    stop: () => this.stop(),
    previoustrack: () => this.previous(),
    nexttrack: () => this.step(1),
    seekto: ({ seekTime }) => seekTime != null && this.seek(seekTime),
  });

  constructor(audio: HTMLAudioElement) {
    this.#audio = audio;
    audio.preload = 'auto';
    audio.addEventListener('play', () => this.#begun());
    audio.addEventListener('playing', () => this.#playing());
    audio.addEventListener('pause', () => this.#paused());
    audio.addEventListener('waiting', () => (music.waiting = true));
    audio.addEventListener('timeupdate', () => this.#moved());
    audio.addEventListener('durationchange', () => this.#moved());
    audio.addEventListener('ended', () => void this.#ended());
    audio.addEventListener('error', () => void this.#failed());
    addEventListener('pagehide', () => this.#tell('stopped'));
  }

  /** Starts a track of the queue. */
  async start(index: number): Promise<void> {
    const track = music.queue[index];
    if (!track) return this.stop();
    this.#tell('stopped');
    const turn = ++this.#turn;
    music.index = index;
    music.current = 0;
    music.duration = (track.duration_ms ?? 0) / 1000;
    music.trouble = '';
    this.#renewals = 0;
    this.#link = new Link(track.id);
    this.#saver = new Saver(track.id);
    this.#announce();
    await this.#open(turn);
  }

  async #open(turn: number): Promise<void> {
    music.waiting = true;
    try {
      const ticket = await this.#link?.renew();
      if (!ticket || turn !== this.#turn) return;
      this.#audio.src = ticket.url;
      if (music.current > 0) this.#audio.currentTime = music.current;
      await this.#audio.play();
    } catch (thrown) {
      if (turn === this.#turn) this.#trouble(thrown);
    }
  }

  #trouble(thrown: unknown): void {
    music.waiting = false;
    const name = thrown instanceof DOMException ? thrown.name : '';
    // The element reports by its own event; and a refused start only waits for another tap.
    if (name === 'AbortError' || name === 'NotSupportedError') return;
    if (name === 'NotAllowedError') music.playing = false;
    else music.trouble = asProblem(thrown).message;
  }

  toggle(): void {
    if (!this.#audio.paused) return this.pause();
    if (music.trouble !== '') return void this.start(music.index);
    if (this.#link?.holds) void this.#audio.play().catch((thrown: unknown) => this.#trouble(thrown));
    else void this.#open(this.#turn);
  }

  pause(): void {
    this.#audio.pause();
  }

  /** Pauses for something else that is heard now and answers the media keys. */
  rest(): void {
    this.pause();
    this.#keys.give();
  }

  step(by: number): void {
    const to = music.index + by;
    if (to >= 0 && to < music.queue.length) void this.start(to);
  }

  previous(): void {
    if (this.#audio.currentTime > RESTART_AFTER_S || music.index === 0) this.seek(0);
    else this.step(-1);
  }

  seek(seconds: number): void {
    this.#audio.currentTime = seconds;
    music.current = seconds;
  }

  stop(): void {
    this.#tell('stopped');
    this.#saver = undefined;
    this.#turn += 1;
    this.#audio.pause();
    this.#audio.removeAttribute('src');
    music.queue = [];
    music.index = -1;
    music.playing = false;
    music.trouble = '';
    this.#keys.give();
  }

  #tell(event: 'paused' | 'stopped' | 'ended'): void {
    if (music.current <= 0) return;
    this.#saver?.tell(event, music.current * 1000, music.duration * 1000);
  }

  #begun(): void {
    music.playing = true;
    this.#announce();
  }

  #playing(): void {
    music.waiting = false;
    music.trouble = '';
    this.#saver?.begun();
  }

  #paused(): void {
    music.playing = false;
    if (!this.#audio.ended && this.#audio.src !== '') this.#tell('paused');
  }

  #moved(): void {
    music.current = this.#audio.currentTime;
    if (Number.isFinite(this.#audio.duration)) music.duration = this.#audio.duration;
    if (!this.#audio.paused) this.#saver?.tick(music.current * 1000, music.duration * 1000);
    this.#keys.at(music.current, music.duration);
  }

  async #ended(): Promise<void> {
    this.#tell('ended');
    music.current = 0;
    if (music.index + 1 < music.queue.length) await this.start(music.index + 1);
    else music.playing = false;
  }

  /** An ended link is renewed and the track goes on; what this browser cannot play is passed over. */
  async #failed(): Promise<void> {
    if (!this.#link || this.#audio.getAttribute('src') === null) return;
    const turn = this.#turn;
    const served = await this.#link.served();
    if (turn !== this.#turn) return;
    if (!served && this.#renewals < RENEWALS_MAX) {
      this.#renewals += 1;
      return this.#open(turn);
    }
    music.waiting = false;
    music.playing = false;
    const track = music.queue[music.index]?.title ?? '';
    const last = music.index + 1 >= music.queue.length;
    if (served && !last) {
      say(t('player.skippedTrack', { track }), 'problem');
      return this.start(music.index + 1);
    }
    music.trouble = served ? t('player.cannotPlayTrack') : t('error.unreachable');
  }

  #announce(): void {
    const track = music.queue[music.index];
    if (!track) return;
    const cover = music.album?.cover;
    this.#keys.take({
      title: track.title,
      artist: track.subtitle ?? music.album?.artist ?? '',
      album: music.album?.title ?? '',
      artwork: cover?.image ? [{ src: items.image(cover, 'large'), type: 'image/jpeg' }] : [],
    });
  }
}
