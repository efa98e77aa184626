// One question for a factor, however many calls wait for it: all of them go on by its answer.
import { security, whenFactorIsWanted, type FactorWanted } from '../api';

interface Question {
  wanted: FactorWanted;
  answer: (shown: boolean) => void;
}

export const stepUp = $state<{ question: Question | undefined }>({ question: undefined });
let asking: Promise<boolean> | undefined;

async function ask(): Promise<boolean> {
  const wanted = await security.wanted();
  try {
    return await new Promise<boolean>((answer) => {
      stepUp.question = { wanted, answer };
    });
  } finally {
    stepUp.question = undefined;
  }
}

whenFactorIsWanted(() => {
  asking ??= ask()
    .catch(() => false)
    .finally(() => {
      asking = undefined;
    });
  return asking;
});
