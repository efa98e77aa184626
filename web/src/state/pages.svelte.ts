// The pages of the app. Those that most visits do not need come when they are first opened.
import type { Component } from 'svelte';
import { account } from '../api';
import Home from '../pages/Home.svelte';
import Missing from '../pages/Missing.svelte';
import type { RouteName } from '../router.svelte';
import { session } from './session.svelte';

const LAZY: Partial<Record<RouteName, () => Promise<{ default: Component }>>> = {
  claim: () => import('../pages/claim/Claim.svelte'),
  signup: () => import('../pages/signup/SignUp.svelte'),
  signin: () => import('../pages/SignIn.svelte'),
  authorize: () => import('../pages/provider/Authorize.svelte'),
  signout: () => import('../pages/provider/SignOut.svelte'),
  library: () => import('../pages/library/Library.svelte'),
  item: () => import('../pages/item/Item.svelte'),
  play: () => import('../player/Play.svelte'),
  security: () => import('../pages/settings/Security.svelte'),
  join: () => import('../pages/join/Join.svelte'),
  household: () => import('../pages/profiles/Household.svelte'),
  who: () => import('../pages/profiles/Who.svelte'),
  invitations: () => import('../pages/sharing/Invitations.svelte'),
  enrol: () => import('../pages/enrol/Enrol.svelte'),
  policy: () => import('../pages/policy/Policy.svelte'),
  board: () => import('../pages/policy/Board.svelte'),
  groups: () => import('../pages/policy/Groups.svelte'),
  exemptions: () => import('../pages/policy/Exemptions.svelte'),
  log: () => import('../pages/policy/Log.svelte'),
  updates: () => import('../pages/system/Updates.svelte'),
  disks: () => import('../pages/system/Disks.svelte'),
  lost: () => import('../pages/lost/Lost.svelte'),
  settings: () => import('../pages/settings/Settings.svelte'),
  people: () => import('../pages/settings/People.svelte'),
  reset: () => import('../pages/renew/Reset.svelte'),
  rescue: () => import('../pages/renew/Rescue.svelte'),
  device: () => import('../pages/Device.svelte'),
  tv: () => import('../pages/Tv.svelte'),
};

/** Why a page did not come: no answer, or this app is older than the box and its files are gone. */
export type Lack = 'no-answer' | 'stale';

export class Pages {
  loaded = $state.raw<Partial<Record<RouteName, Component>>>({ home: Home, missing: Missing });
  lack = $state<Lack | undefined>();
  #wanted: RouteName | undefined;

  /** Makes sure that a page is there. */
  async want(name: RouteName): Promise<void> {
    this.#wanted = name;
    this.lack = undefined;
    const load = LAZY[name];
    if (!load || this.loaded[name]) return;
    try {
      const page = (await load()).default;
      this.loaded = { ...this.loaded, [name]: page };
    } catch {
      const box = await answer();
      if (this.#wanted !== name) return;
      this.lack = box && box.version !== session.server?.version ? 'stale' : 'no-answer';
    }
  }

  /** Tries again. Some browsers remember what did not come until the whole app is loaded anew. */
  async retry(name: RouteName): Promise<void> {
    await this.want(name);
    if (this.lack && (await answer())) location.reload();
  }
}

const answer = () => account.server().catch(() => undefined);
