/** What somebody does, as a hook: whether it is under way, and what was refused. */
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';

export interface Act<Input, Answer> {
  readonly mutate: (input: Input, then?: { onSuccess?: (answer: Answer) => void }) => void;
  readonly isPending: boolean;
  /** Of the last time; null where it went well. */
  readonly error: Error | null;
}

/** An act; what administrators look at is asked again when it is done. */
export function useAct<Input, Answer>(act: (input: Input) => Promise<Answer>): Act<Input, Answer> {
  const client = useQueryClient();
  const [state, set] = useState<{ isPending: boolean; error: Error | null }>({
    isPending: false,
    error: null,
  });
  const latest = useRef({ act, turn: 0, here: true });
  latest.current.act = act;
  useEffect(() => {
    latest.current.here = true;
    return () => {
      latest.current.here = false;
    };
  }, []);
  const mutate = useCallback<Act<Input, Answer>['mutate']>(
    (input, then) => {
      const now = latest.current;
      now.turn += 1;
      const { turn } = now;
      const settle = (error: Error | null): void => {
        if (now.turn === turn && now.here) set({ isPending: false, error });
        void client.invalidateQueries({ queryKey: ['admin'] });
      };
      set({ isPending: true, error: null });
      now.act(input).then(
        (answer) => {
          settle(null);
          // As with a page that was left meanwhile: nobody is told.
          if (now.here) then?.onSuccess?.(answer);
        },
        (error: unknown) => settle(error instanceof Error ? error : new Error(String(error))),
      );
    },
    [client],
  );
  return { mutate, ...state };
}
