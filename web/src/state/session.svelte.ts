// What the app knows about the box and about who looks at it.
import { account, asProblem, whenShut, whenSignedOut, type Me, type Problem, type ServerInfo, type ServerState } from '../api';
import { navigate } from '../router.svelte';
import { forgetAll } from './cache';
import { mayBeSignedIn, noteSignedIn } from './hint';
import { stopMusic } from './music.svelte';

export type Phase =
  | 'starting'
  | 'unreachable'
  | 'unclaimed'
  | 'locked'
  | 'signed-out'
  | 'ready';

interface Session {
  phase: Phase;
  server: ServerInfo | undefined;
  me: Me | undefined;
  problem: Problem | undefined;
}

export const session = $state<Session>({
  phase: 'starting',
  server: undefined,
  me: undefined,
  problem: undefined,
});

async function whoAmI(): Promise<void> {
  try {
    session.me = await account.me();
    session.phase = 'ready';
    noteSignedIn(true);
  } catch (thrown) {
    const problem = asProblem(thrown);
    if (problem.status !== 401) throw problem;
    noteSignedIn(false);
    session.me = undefined;
    session.phase = 'signed-out';
  }
}

const SETTING_UP: ReadonlySet<ServerState> = new Set<ServerState>(['offered', 'pending', 'recovery']);

/** Asks the box how it stands; the rest of the app follows from the phase. */
export async function boot(): Promise<void> {
  session.problem = undefined;
  try {
    session.server = await account.server();
    const { state } = session.server;
    if (session.server.plays_without_sign_in) session.phase = 'ready';
    else if (SETTING_UP.has(state)) session.phase = 'unclaimed';
    else if (state === 'locked') session.phase = 'locked';
    else if (mayBeSignedIn()) await whoAmI();
    else session.phase = 'signed-out';
  } catch (thrown) {
    session.problem = asProblem(thrown);
    session.phase = 'unreachable';
  }
}

/** Only paths of this app may follow a sign-in: an address from elsewhere leads home. */
export function safeNext(next: string | null): string {
  return next !== null && /^\/(?![/\\])/.test(next) ? next : '/';
}

/** Called once the box says that this browser is signed in. */
export async function entered(next: string): Promise<void> {
  forgetAll();
  noteSignedIn(true);
  await boot();
  // What the owner asks for is told once at each sign-in, before anything else.
  const told = session.me?.asked?.state === 'notice' && session.me.session.kind === 'web';
  const there = next.startsWith('/settings/enrol');
  navigate(told && !there ? `/settings/enrol?next=${encodeURIComponent(next)}` : next, { replace: true });
}

let looking: Promise<void> | undefined;

/** Asks anew what is asked of whoever looks; without an answer what was known stays. */
export function lookAgain(): Promise<void> {
  looking ??= account
    .me()
    .then(
      (me) => {
        if (session.phase === 'ready') session.me = me;
      },
      () => undefined,
    )
    .finally(() => {
      looking = undefined;
    });
  return looking;
}

/** Forgets everything of the person who looked until now. */
export function left(): void {
  stopMusic();
  forgetAll();
  noteSignedIn(false);
  session.me = undefined;
  if (session.phase === 'ready') session.phase = 'signed-out';
}

whenSignedOut(left);
whenShut(() => void lookAgain());

/** Somebody plays without a sign-in: they are nobody here, and there is nothing to set. */
export const isLocal = () => session.server?.plays_without_sign_in === true;

/** The account service alone: people and what they sign in with, and no media. */
export const isAccounts = () => session.server?.kind === 'accounts';

/** A television of the owner plays, and administers nothing. */
export const isOwner = () => session.me?.user.role === 'owner' && session.me.session.kind === 'web';

/** Somebody who tends the server, by their own eyes: by a profile nobody does. */
export const isTending = () => isPrivileged() && session.me?.profile === undefined;

/** Whoever administers sees who stands how; what is asked of people only the owner changes. */
export const isPrivileged = () =>
  session.me !== undefined && session.me.user.role !== 'member' && session.me.session.kind === 'web';
