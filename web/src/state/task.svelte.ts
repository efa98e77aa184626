// One task that asks the server: busy meanwhile, and what went wrong beside it or at its field.
import { asProblem, type Problem } from '../api';

export class Task {
  busy = $state(false);
  problem = $state.raw<Problem | undefined>();

  /** Does the work, unless it is being done. */
  async run(work: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.problem = undefined;
    try {
      await work();
    } catch (thrown) {
      this.problem = asProblem(thrown);
    } finally {
      this.busy = false;
    }
  }

  /** What is said at this field. */
  at(field: string): string | undefined {
    return this.problem?.field === field ? this.problem.message : undefined;
  }

  /** What is said above the form: all that none of these fields says. */
  besides(...fields: string[]): Problem | undefined {
    return fields.includes(this.problem?.field ?? '') ? undefined : this.problem;
  }
}
