// The media keys of the system and what it shows beside them. They belong to what was started last;
// a film takes them from the music, and whoever stops gives its own back.

type Handlers = Partial<Record<MediaSessionAction, MediaSessionActionHandler>>;

const ACTIONS: readonly MediaSessionAction[] = [
  'play',
  'pause',
  'stop',
  'previoustrack',
  'nexttrack',
  'seekbackward',
  'seekforward',
  'seekto',
];

/** What the system shows beside the keys. */
export type Facts = MediaMetadataInit;

export class MediaKeys {
  static #holder: MediaKeys | undefined;
  readonly #handlers: Handlers;

  constructor(handlers: Handlers) {
    this.#handlers = handlers;
  }

  /** From now on the keys act here. */
  take(facts: Facts): void {
    if (!('mediaSession' in navigator)) return;
    if (MediaKeys.#holder !== this) assign(this.#handlers);
    MediaKeys.#holder = this;
    navigator.mediaSession.metadata = new MediaMetadata(facts);
  }

  /** The keys act no more here; those of somebody else stay as they are. */
  give(): void {
    if (MediaKeys.#holder !== this) return;
    MediaKeys.#holder = undefined;
    assign({});
    navigator.mediaSession.metadata = null;
    navigator.mediaSession.setPositionState();
  }

  /** Tells the system where it is, in seconds. */
  at(position: number, duration: number): void {
    if (MediaKeys.#holder !== this || !(duration > 0)) return;
    navigator.mediaSession.setPositionState({ duration, position: Math.min(position, duration) });
  }
}

function assign(handlers: Handlers): void {
  for (const action of ACTIONS) {
    try {
      navigator.mediaSession.setActionHandler(action, handlers[action] ?? null);
    } catch {
      // A browser that does not know an action has no key for it.
    }
  }
}
