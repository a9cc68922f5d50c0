/**
 * Two rooms in different threads that call each other by name, over one message port. Messages arrive in the order in
 * which they were sent, so what is told before a call is known when the call is carried out.
 */
import type { MessagePort, Transferable } from 'node:worker_threads';

/** What one side offers. Arguments and results are copied; of an error its message and name arrive. */
export type Offers = Readonly<Record<string, (...args: never[]) => unknown>>;

/** The other side's offers, as this side sees them. */
export interface Remote<T> {
  /** Resolves with the result; rejects with the other side's error, or when the other side has gone. */
  call<K extends keyof T & string>(name: K, ...args: ArgsOf<T[K]>): Promise<ResultOf<T[K]>>;
  /** Without an answer. `transfer` moves the memory of buffers instead of copying it. */
  tell<K extends keyof T & string>(name: K, args: ArgsOf<T[K]>, transfer?: readonly Transferable[]): void;
  /** Rejects what waits for an answer, and every call from now on. */
  end(reason: Error): void;
}

type ArgsOf<F> = F extends (...args: infer A) => unknown ? A : never;
type ResultOf<F> = F extends (...args: never[]) => infer R ? Awaited<R> : never;

/** The part of a port, or of a worker, that is needed here. */
export type Port = Pick<MessagePort, 'postMessage'> & {
  on(event: 'message', listener: (message: unknown) => void): unknown;
};

interface Asked {
  name: string;
  args: unknown[];
  /** Undefined where no answer is wanted. */
  id?: number;
}
type Message = Asked | { re: number; value: unknown } | { re: number; error: string };

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export function connectRemote<T>(port: Port, offers: Offers): Remote<T> {
  const waiting = new Map<number, Waiting>();
  let ended: Error | undefined;
  let calls = 0;

  async function carryOut({ name, args, id }: Asked): Promise<void> {
    try {
      const value = await (offers[name] as (...args: unknown[]) => unknown)(...args);
      if (id !== undefined) port.postMessage({ re: id, value });
    } catch (error) {
      // What nobody waits for must not vanish: it is a bug of the offer.
      if (id === undefined) throw error;
      port.postMessage({ re: id, error: error instanceof Error ? error.message : String(error) });
    }
  }

  port.on('message', (raw) => {
    const message = raw as Message;
    if ('name' in message) return void carryOut(message);
    const waiter = waiting.get(message.re);
    waiting.delete(message.re);
    if ('error' in message) waiter?.reject(new Error(message.error));
    else waiter?.resolve(message.value);
  });

  return {
    call(name, ...args) {
      if (ended) return Promise.reject(ended);
      return new Promise((resolve, reject) => {
        const id = ++calls;
        waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
        port.postMessage({ name, args, id });
      });
    },
    tell(name, args, transfer = []) {
      if (!ended) port.postMessage({ name, args }, transfer);
    },
    end(reason) {
      ended ??= reason;
      for (const { reject } of waiting.values()) reject(reason);
      waiting.clear();
    },
  };
}
