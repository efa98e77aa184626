// One question for a factor, however many calls wait for it: all of them go on by its answer.
import { security, whenFactorIsWanted, type FactorWanted } from '../api';
import { lookAgain, session } from './session.svelte';

interface Question {
  wanted: FactorWanted;
  answer: (shown: boolean) => void;
}

export const stepUp = $state<{ question: Question | undefined }>({ question: undefined });
let asking: Promise<boolean> | undefined;

/** Where nothing but a passkey will do, a code of an app or another device is not asked for in vain. A
 * recovery code stands for a passkey that is lost. */
function enough(wanted: FactorWanted, level: unknown): FactorWanted {
  if (level !== 'mfa_phishing_resistant') return wanted;
  const methods = wanted.methods.filter((one) => one === 'passkey' || one === 'recovery');
  return { ...wanted, methods };
}

async function ask(level: unknown): Promise<boolean> {
  const wanted = enough(await security.wanted(), level);
  const shown = await new Promise<boolean>((answer) => {
    stepUp.question = { wanted, answer };
  });
  stepUp.question = undefined;
  // What was closed for want of it opens.
  if (shown && session.me?.asked) await lookAgain();
  return shown;
}

/** Asks for a factor, unless that is being done. */
export function askForFactor(level?: unknown): Promise<boolean> {
  asking ??= ask(level)
    .catch(() => false)
    .finally(() => {
      asking = undefined;
    });
  return asking;
}

whenFactorIsWanted((problem) => askForFactor(problem.extras.level));
