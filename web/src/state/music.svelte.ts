// What is being listened to. The engine that plays comes with the first tap on a track.
import type { Item } from '../api';
import type { Engine } from '../player/music';
import { part } from './part';

export interface AlbumFacts {
  title: string;
  artist: string;
  cover: Pick<Item, 'id' | 'image' | 'image_version' | 'title' | 'kind' | 'library_id'>;
}

interface Music {
  queue: Item[];
  index: number;
  album: AlbumFacts | undefined;
  playing: boolean;
  waiting: boolean;
  /** Seconds, as the audio element counts. */
  current: number;
  duration: number;
  /** A sentence for the person when the track does not play. */
  trouble: string;
}

export const music = $state<Music>({
  queue: [],
  index: -1,
  album: undefined,
  playing: false,
  waiting: false,
  current: 0,
  duration: 0,
  trouble: '',
});

let audio: HTMLAudioElement | undefined;
let engine: Engine | undefined;

async function started(): Promise<Engine | undefined> {
  // Made and touched inside the tap: phones let only such an element play later by itself.
  if (!audio) {
    audio = new Audio();
    audio.load();
  }
  const element = audio;
  const loaded = await part(() => import('../player/music'));
  if (loaded) engine ??= new loaded.Engine(element);
  return engine;
}

/** Plays a list of tracks from one of them on. */
export async function playTracks(queue: Item[], index: number, album: AlbumFacts): Promise<void> {
  const ready = await started();
  if (!ready) return;
  music.queue = queue;
  music.album = album;
  await ready.start(index);
}

export const toggleMusic = () => engine?.toggle();
export const nextTrack = () => engine?.step(1);
export const previousTrack = () => engine?.previous();
export const seekMusic = (seconds: number) => engine?.seek(seconds);
/** Pauses for a film, which then answers the media keys. */
export const pauseMusic = () => engine?.rest();
export const stopMusic = () => engine?.stop();
