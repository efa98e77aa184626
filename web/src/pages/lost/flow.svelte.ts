// What was on the lost device: naming a browser names what was made in it, and each can be changed.
import { SvelteSet } from 'svelte/reactivity';
import { asProblem, security, type EndedDevice, type LostSession, type LostView } from '../../api';
import { Task } from '../../state/task.svelte';

export class LostFlow extends Task {
  view = $state.raw<LostView | undefined>();
  ended = $state.raw<EndedDevice[] | undefined>();
  readonly sessions = new SvelteSet<string>();
  readonly factors = new SvelteSet<string>();
  readonly remembered = new SvelteSet<string>();

  load(): Promise<void> {
    return this.run(() => this.#look());
  }

  /** Looks anew; what is not there any more is not named any more either. */
  async #look(): Promise<void> {
    const view = await security.lost();
    const prune = (named: SvelteSet<string>, rows: readonly { id: string }[]) => {
      for (const id of [...named]) if (!rows.some((row) => row.id === id)) named.delete(id);
    };
    prune(this.sessions, view.sessions);
    prune(this.factors, view.factors);
    prune(this.remembered, view.remembered);
    this.view = view;
  }

  /** Browsers; what was let in hangs on the one that let it in. */
  get browsers(): LostSession[] {
    return (this.view?.sessions ?? []).filter(({ kind, current }) => kind === 'web' && !current);
  }

  /** Names or unnames a browser, with all that was made in it. */
  nameBrowser(id: string, named: boolean): void {
    const set = (of: SvelteSet<string>, one: string) => (named ? of.add(one) : of.delete(one));
    set(this.sessions, id);
    for (const factor of this.view?.factors ?? []) {
      if (factor.made_in === id) set(this.factors, factor.id);
    }
    for (const browser of this.view?.remembered ?? []) {
      if (browser.made_in === id) set(this.remembered, browser.id);
    }
  }

  get nothing(): boolean {
    return this.sessions.size + this.factors.size + this.remembered.size === 0;
  }

  /** All that can be shown beside the password is lost: another comes first. */
  get all(): boolean {
    const present = this.view?.factors.length ?? 0;
    return present > 0 && this.factors.size >= present;
  }

  /** Nothing goes on before there is another factor. */
  get blocked(): boolean {
    return this.all && this.view?.needs_factor === true;
  }

  /** Televisions and apps that are signed out by it: all, where a factor goes. */
  get screens(): LostSession[] {
    const all = (this.view?.sessions ?? []).filter(({ kind }) => kind !== 'web');
    if (this.factors.size > 0) return all;
    return all.filter(({ id, approved_by }) => this.sessions.has(approved_by ?? '') || this.sessions.has(id));
  }

  revoke(): Promise<void> {
    const named = {
      sessions: [...this.sessions],
      factors: [...this.factors],
      remembered: [...this.remembered],
    };
    return this.run(async () => {
      try {
        this.ended = await security.revokeLost(named);
      } catch (thrown) {
        if (asProblem(thrown).code === 'lost_changed') await this.#look();
        throw thrown;
      }
    });
  }
}
