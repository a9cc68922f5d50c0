import { MessageChannel } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { connectRemote } from './remote.ts';

interface Adder {
  add(a: number, b: number): number;
  fail(): void;
  never(): Promise<void>;
  note(word: string): void;
  notes(): string[];
}

describe('two rooms over one port', () => {
  const channels: MessageChannel[] = [];
  afterEach(() => {
    for (const { port1, port2 } of channels.splice(0)) {
      port1.close();
      port2.close();
    }
  });

  function setup() {
    const channel = new MessageChannel();
    channels.push(channel);
    const notes: string[] = [];
    connectRemote(channel.port2, {
      add: async (a: number, b: number) => a + b,
      fail: () => {
        throw new Error('the reason');
      },
      never: () => new Promise(() => undefined),
      note: (word: string) => void notes.push(word),
      notes: () => notes,
    });
    return connectRemote<Adder>(channel.port1, {});
  }

  it('call each other and get the answer that belongs to the question', async () => {
    const adder = setup();
    expect(await Promise.all([adder.call('add', 1, 2), adder.call('add', 3, 4)])).toEqual([3, 7]);
  });

  it('get the error of the other side', async () => {
    await expect(setup().call('fail')).rejects.toThrow('the reason');
  });

  it('know what was told before they are asked', async () => {
    const adder = setup();
    adder.tell('note', ['a']);
    adder.tell('note', ['b']);
    expect(await adder.call('notes')).toEqual(['a', 'b']);
  });

  it('do not wait for a side that has gone', async () => {
    const adder = setup();
    const waiting = adder.call('never');
    adder.end(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    await expect(adder.call('add', 1, 2)).rejects.toThrow('gone');
  });
});
