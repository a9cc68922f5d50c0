import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCounters } from '../base/counters.ts';
import { promptFeatures } from '../features/index.ts';
import { createPrivacy, defaultPolicy, type Protector, type TenantPolicy } from './index.ts';

const secretOf = (tenant: string): Uint8Array => Buffer.from(`secret of tenant ${tenant}`.padEnd(32, '.'));
const policy = (
  prompts: TenantPolicy['prompts'],
  patterns: string[] = [],
  keys: string[] = [],
): TenantPolicy => ({
  prompts,
  redact: { patterns, keys },
});

function protectorOf(rules: TenantPolicy, tenant = 'studio'): Protector {
  const counters = createCounters();
  return createPrivacy({ secretOf, policyOf: () => rules, optedOut: () => false, counters }).forTenant(
    tenant,
  );
}

const mail = 'write to aya.kimura@example.co.jp now';

describe('hash of a user', () => {
  it('is 64 bits of HMAC-SHA256 with the secret of the tenant', () => {
    const expected = createHmac('sha256', secretOf('studio')).update('user-1').digest('hex').slice(0, 16);
    expect(protectorOf(policy('keep')).userHash('user-1')).toBe(expected);
  });

  it('is the same for text and its bytes, for any text, asked once or twice', () => {
    const protector = protectorOf(policy('keep'));
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 400 }), (id) => {
        const expected = createHmac('sha256', secretOf('studio')).update(id).digest('hex').slice(0, 16);
        const bytes = new TextEncoder().encode(id);
        expect([id, bytes, id, Buffer.from(id), bytes].map((one) => protector.userHash(one))).toEqual(
          new Array(5).fill(expected),
        );
      }),
    );
  });

  it('keeps Latin-1 bytes and the text of the same letters apart', () => {
    const protector = protectorOf(policy('keep'));
    expect(protector.userHash(Uint8Array.of(0xe9))).not.toBe(protector.userHash('é'));
  });

  it('differs between tenants', () => {
    const a = protectorOf(policy('keep'), 'a');
    const b = protectorOf(policy('keep'), 'b');
    expect(a.userHash('user-1')).not.toBe(b.userHash('user-1'));
    expect(a.prompt('a cat').hash).not.toBe(b.prompt('a cat').hash);
  });

  it('stays right when more users come than are remembered', () => {
    const protector = protectorOf(policy('keep'));
    const first = protector.userHash('user-0');
    for (let i = 0; i < 10_000; i++) protector.userHash(`user-${i}`);
    expect(protector.userHash('user-0')).toBe(first);
  });
});

describe('a prompt', () => {
  it('stays as it is under keep', () => {
    const told = protectorOf(policy('keep')).prompt(mail);
    expect(told).toMatchObject({ text: mail, bins: undefined, redactions: 0 });
    expect(told.features).toEqual(promptFeatures(mail));
  });

  it('loses what is personal under redact, and keeps the features of the original', () => {
    const told = protectorOf(policy('redact')).prompt(mail);
    expect(told).toMatchObject({ text: 'write to [email] now', bins: undefined, redactions: 1 });
    expect(told.features).toEqual(promptFeatures(mail));
  });

  it('has one hash whatever its case and spacing, under every policy', () => {
    const hashes = (['keep', 'redact', 'hash', 'drop'] as const).flatMap((prompts) => {
      const protector = protectorOf(policy(prompts));
      return [protector.prompt('A  cat\n').hash, protector.prompt('a cat').hash];
    });
    expect(new Set(hashes).size).toBe(1);
    expect(hashes[0]).toMatch(/^[0-9a-f]{16}$/);
    expect(protectorOf(policy('keep')).prompt('').hash).toBe('0000000000000000');
  });

  it('leaves no text under hash and drop, and bins that only the secret can read', () => {
    for (const prompts of ['hash', 'drop'] as const) {
      const told = protectorOf(policy(prompts)).prompt('1girl, solo, long hair');
      const plain = promptFeatures('1girl, solo, long hair');
      expect(told).toMatchObject({ text: '', redactions: 1 });
      expect(told.bins).toHaveLength(plain.bins.length);
      expect(told.features.bins).toEqual(told.bins);
      expect([...told.bins!]).not.toEqual([...plain.bins]);
      expect(told.features).toMatchObject({ words: plain.words, tokens: plain.tokens, language: 'en' });
      expect(protectorOf(policy(prompts), 'other').prompt('1girl, solo, long hair').bins).not.toEqual(
        told.bins,
      );
    }
  });

  it('keeps different bins different when they are keyed', () => {
    const text = Array.from({ length: 20_000 }, (_, i) => `w${i}`).join(' ');
    const plain = promptFeatures(text);
    const keyed = protectorOf(policy('hash')).prompt(text).bins!;
    expect(plain.bins.length).toBeGreaterThan(3500);
    expect(new Set(keyed).size).toBe(plain.bins.length);
  });
});

describe('attributes', () => {
  it('come back untouched under keep without rules', () => {
    const protector = protectorOf(policy('keep'));
    const value = { nested: [mail] };
    expect(protector.plain).toBe(true);
    expect(protector.json(value).value).toBe(value);
    expect(protector.attribute('prompt', value)).toEqual({ keep: true, value, redactions: 0 });
    expect(protector.text(mail).text).toBe(mail);
  });

  it('are left out by the key list, however the name is written', () => {
    const protector = protectorOf(policy('keep', [], ['email', 'api_key']));
    for (const key of ['user.email', 'customer_email', 'EMAIL', 'userEmail', 'x.apiKey.y', 'api-key']) {
      expect(protector.attribute(key, 'x'), key).toEqual({ keep: false, value: '', redactions: 1 });
    }
    for (const key of ['emailed_at', 'key', 'user.mail'])
      expect(protector.attribute(key, 'x').keep, key).toBe(true);
    expect(protector.json({ user: { email: 'a', age: 3 } }).value).toEqual({ user: { age: 3 } });
  });

  it('under the names of prompts follow the prompt policy', () => {
    const keys = [
      'gen_ai.prompt',
      'gen_ai.input.messages',
      'pegbar.prompt.text',
      'prompt',
      'negative_prompt',
      'negativePrompt',
      'workflow',
      'llm.prompts',
      'llm.input_messages.0.message.content',
    ];
    for (const key of keys) {
      expect(protectorOf(policy('drop')).attribute(key, 'secret scene').keep, key).toBe(false);
      const hashed = protectorOf(policy('hash')).attribute(key, 'secret scene');
      expect(hashed, key).toEqual({
        keep: true,
        value: protectorOf(policy('keep')).prompt('secret scene').hash,
        redactions: 1,
      });
      expect(protectorOf(policy('redact')).attribute(key, mail).value, key).toBe('write to [email] now');
      expect(protectorOf(policy('keep', [], ['zip'])).attribute(key, mail).value, key).toBe(mail);
    }
  });

  it('that tell figures about prompts stay', () => {
    const protector = protectorOf(policy('drop'));
    const figures: [string, unknown][] = [
      ['gen_ai.usage.prompt_tokens', 77],
      ['pegbar.prompt.length', '212'],
      ['pegbar.prompt.language', 'ja'],
      ['prompt_id', 'a3f0-77'],
      ['workflow.version', 'v2.1'],
    ];
    for (const [key, value] of figures) {
      expect(protector.attribute(key, value), key).toEqual({ keep: true, value, redactions: 0 });
    }
    expect(protector.attribute('prompt.language', 'a girl in the rain').keep).toBe(false);
    expect(protector.attribute('prompt.token_ids', [320, 1125]).keep).toBe(false);
  });

  it('whose name is personal are left out', () => {
    expect(protectorOf(policy('redact')).attribute('bob@example.com', 'x').keep).toBe(false);
  });

  it('of bytes are searched when they are text', () => {
    const protector = protectorOf(policy('redact'));
    expect(protector.attribute('body', new TextEncoder().encode(mail)).value).toBe('write to [email] now');
    const binary = Uint8Array.of(0xff, 0xfe, 0);
    expect(protector.attribute('body', binary).value).toBe(binary);
  });
});

describe('structures', () => {
  const graph = {
    '3': {
      class_type: 'KSampler',
      inputs: { seed: 156680208700286, sampler_name: 'dpmpp_2m', positive: ['6', 0], negative: ['7', 0] },
    },
    '4': { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: 'my model v3.safetensors' } },
    '6': {
      class_type: 'CLIPTextEncode',
      inputs: { text: 'a secret scene', clip: ['4', 1] },
      _meta: { title: 'scene' },
    },
  };

  it('of a workflow keep wiring and parameters but no text where prompts may not be stored', () => {
    const safe = protectorOf(policy('drop')).json(graph);
    expect(safe.value).toEqual({
      '3': graph['3'],
      '4': graph['4'],
      '6': { class_type: 'CLIPTextEncode', inputs: { text: '', clip: ['4', 1] }, _meta: { title: '' } },
    });
    expect(safe.redactions).toBe(2);
  });

  it('are read as such when they come as text, seeds to the last digit', () => {
    const text =
      '{"3":{"class_type":"KSampler","inputs":{"seed":18446744073709551615,"text":"a secret scene"}}}';
    expect(protectorOf(policy('drop')).text(text).text).toBe(text.replace('a secret scene', ''));
    expect(protectorOf(policy('redact')).text(text).text).toBe(text);
    expect(protectorOf(policy('redact')).text(String.raw`{"to":"bob\u0040example.com"}`).text).toBe(
      '{"to":"[email]"}',
    );
  });

  it('keep the numbers of ComfyUI nodes, which look like addresses', () => {
    const protector = protectorOf(policy('redact'));
    const state = { nodes: { '2.0.0.1': { node_id: '2.0.0.1', display_node: '2' } }, host: '10.2.0.1' };
    expect(protector.json(state).value).toEqual({ ...state, host: '[ip]' });
    expect(protector.attribute('comfyui.node.id', '2.0.0.1').value).toBe('2.0.0.1');
    expect(protector.json({ '10.2.0.1': 1 }).value).toEqual({});
  });

  it('of the column for workflows keep no text at all, whatever form it has', () => {
    const graph = JSON.stringify({ 6: { class_type: 'Any', inputs: { seed: 7, note: 'a secret wish' } } });
    const texts = [graph, '{"note":"a secret wish"}', '{"half":"a secret wish', 'a secret wish'];
    for (const one of ['hash', 'drop'] as const) {
      const protector = protectorOf(policy(one));
      const stored = texts.map((text) => protector.workflow(text));
      expect(JSON.stringify(stored)).not.toContain('secret wish');
      expect(JSON.parse(stored[0]!.text)).toMatchObject({ 6: { class_type: 'Any', inputs: { seed: 7 } } });
      expect(stored.map(({ redactions }) => redactions)).toEqual([1, 1, 1, 1]);
      expect(stored[3]!.text).toMatch(one === 'drop' ? /^$/ : /^[0-9a-f]{16}$/);
    }
    expect(protectorOf(policy('redact')).workflow(`{"note":"${mail}"}`).text).toContain('[email]');
    expect(protectorOf(policy('keep')).workflow(graph)).toEqual({ text: graph, redactions: 0 });
  });

  it('of the other kind of workflow lose their widgets', () => {
    const ui = {
      nodes: [{ id: 6, type: 'CLIPTextEncode', widgets_values: ['a secret scene', 8] }],
      links: [],
    };
    const safe = JSON.stringify(protectorOf(policy('hash')).json(ui).value);
    expect(safe).not.toContain('secret');
    expect(safe).toContain('CLIPTextEncode');
  });

  it('that are hostile end', () => {
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    let deep: unknown = mail;
    for (let i = 0; i < 5000; i++) deep = [deep];
    const wide = Array.from({ length: 300_000 }, () => mail);
    const prototype = JSON.parse('{"__proto__":{"polluted":"yes"},"constructor":1}') as object;
    const protector = protectorOf(policy('redact'));
    for (const value of [cyclic, deep, wide])
      expect(JSON.stringify(protector.json(value).value)).not.toContain('aya');
    expect(Object.keys(protector.json(prototype).value as object)).toEqual(['__proto__', 'constructor']);
    expect(protectorOf(policy('hash')).attribute('prompt', cyclic).value).toBe('0000000000000000');
  });
});

describe('log lines that repeat a prompt', () => {
  it('lose it where prompts may not be stored', () => {
    const protector = protectorOf(policy('drop'));
    const of = (text: string): string => protector.text(text).text;
    expect(of('got prompt: a secret scene')).toBe('got prompt: [prompt]');
    expect(of('a secret scene\nNegative prompt: blurry\nSteps: 20, Sampler: Euler a')).toBe(
      '[prompt]\nSteps: 20, Sampler: Euler a',
    );
    expect(of('rendering (secret scene:1.2)')).toBe('[prompt]');
    expect(of('CUDA out of memory: tried to allocate 2.00 GiB')).toBe(
      'CUDA out of memory: tried to allocate 2.00 GiB',
    );
    expect(of('got prompt')).toBe('got prompt');
  });

  it('keep it under redact', () => {
    expect(protectorOf(policy('redact')).text('got prompt: a scene').text).toBe('got prompt: a scene');
  });
});

describe('where prompts may not be stored', () => {
  it('no four characters of a prompt come out anywhere they are known to be one', () => {
    const prompt = fc.string({
      unit: fc.constantFrom(...'ЖЩЫЭЮЯ猫犬 ,()"\\\n'),
      minLength: 4,
      maxLength: 60,
    });
    fc.assert(
      fc.property(prompt, fc.constantFrom('hash' as const, 'drop' as const), (text, prompts) => {
        const protector = protectorOf(policy(prompts));
        const graph = { '6': { class_type: 'CLIPTextEncode', inputs: { text, text_g: text, name: text } } };
        const outputs = [
          protector.prompt(text),
          protector.attribute('gen_ai.prompt', text),
          protector.attribute('gen_ai.input.messages', [{ role: 'user', content: text }]),
          protector.attribute('request', { negative_prompt: text, prompt: { text } }),
          protector.json(graph),
          protector.json({ prompt: text, nested: [{ workflow: graph }] }),
          protector.text(JSON.stringify(graph)),
          protector.text(JSON.stringify({ prompt: text })),
          protector.text(`prompt: ${text}`),
        ];
        const said = outputs.map((one) => JSON.stringify(one)).join('\n');
        for (let i = 0; i + 4 <= text.length; i++) {
          const part = text.slice(i, i + 4);
          if (/[ЖЩЫЭЮЯ猫犬]/.test(part)) expect(said.includes(part), part).toBe(false);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('a policy', () => {
  it('is keep on loopback and redact elsewhere unless said', () => {
    expect(defaultPolicy(true).prompts).toBe('keep');
    expect(defaultPolicy(false).prompts).toBe('redact');
  });

  it('that cannot be read means drop, until it can be', () => {
    let broken = true;
    const counters = createCounters();
    const policyOf = (): TenantPolicy => {
      if (broken) throw new Error('state is away');
      return policy('keep');
    };
    const privacy = createPrivacy({ secretOf, policyOf, optedOut: () => false, counters });
    const protector = privacy.forTenant('a');
    expect(protector.prompt('a cat').text).toBe('');
    expect(protector.attribute('prompt', 'a cat').keep).toBe(false);
    expect(counters.by('pegbar_privacy_failures_total', 'reason')).toEqual({ policy_unreadable: 1 });
    broken = false;
    expect(privacy.forTenant('a').prompt('a cat').text).toBe('a cat');
    expect(protector.prompt('a cat').text).toBe('a cat');
  });

  it('with a pattern that is not safe, or without a secret, means drop', () => {
    expect(protectorOf(policy('keep', ['(a+)+$'])).prompt('a cat').text).toBe('');
    const counters = createCounters();
    const privacy = createPrivacy({
      secretOf: () => new Uint8Array(3),
      policyOf: () => policy('keep'),
      optedOut: () => false,
      counters,
    });
    const protector = privacy.forTenant('a');
    expect(protector.prompt('a cat')).toMatchObject({ text: '', hash: '0000000000000000' });
    expect(protector.prompt('a cat').bins).toHaveLength(0);
    expect(protector.userHash('bob')).toBe('0000000000000000');
  });

  it('that changes counts from the refresh on, for held protectors too', () => {
    let rules = policy('keep');
    const privacy = createPrivacy({
      secretOf,
      policyOf: () => rules,
      optedOut: () => false,
      counters: createCounters(),
    });
    const held = privacy.forTenant('a');
    expect(held.prompt(mail).text).toBe(mail);
    rules = policy('redact');
    expect(held.prompt(mail).text).toBe(mail);
    privacy.refresh('a');
    expect(held.prompt(mail).text).toBe('write to [email] now');
    expect(privacy.forTenant('a')).toBe(held);
  });

  it('counts what it hides by kind', () => {
    const counters = createCounters();
    const rules = policy('redact', ['\\b\\d{3}-\\d{4}\\b'], ['zip']);
    const protector = createPrivacy({
      secretOf,
      policyOf: () => rules,
      optedOut: () => false,
      counters,
    }).forTenant('a');
    protector.text(`${mail}, ticket 123-4567, from 10.1.2.3`);
    protector.attribute('user.zip', '1');
    protector.prompt(mail);
    protector.prompt(mail);
    expect(counters.by('pegbar_redactions_total', 'kind')).toEqual({ pattern: 1, email: 3, ip: 1, key: 1 });
  });

  it('tells who opted out, by tenant', () => {
    const options = { secretOf, policyOf: () => policy('keep'), counters: createCounters() };
    const optedOut = (tenant: string, hash: string): boolean => tenant === 'a' && hash === 'ab';
    const privacy = createPrivacy({ ...options, optedOut });
    expect(privacy.forTenant('a').optedOut('ab')).toBe(true);
    expect(privacy.forTenant('b').optedOut('ab')).toBe(false);
  });

  it('holds for more tenants than are kept', () => {
    const privacy = createPrivacy({
      secretOf,
      policyOf: (tenant) => policy(tenant.endsWith('7') ? 'drop' : 'keep'),
      optedOut: () => false,
      counters: createCounters(),
    });
    for (let i = 0; i < 1000; i++) privacy.forTenant(`t${i}`);
    expect(privacy.forTenant('t7').prompt('a cat').text).toBe('');
    expect(privacy.forTenant('t8').prompt('a cat').text).toBe('a cat');
  });
});
