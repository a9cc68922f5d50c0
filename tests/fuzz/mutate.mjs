// Inputs that follow from (seed, run) alone, so that any one of them can be made again.

/** A generator of whole numbers below a bound, for one run of one target. */
export function randomOf(seed, run) {
  let state = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(run + 1, 0xc2b2ae35)) >>> 0 || 1;
  const next = () => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
  for (let warm = 0; warm < 4; warm++) next();
  return (below) => next() % below;
}

const WORDS = [0, 1, 0x7f, 0x80, 0xff, 0x0a, 0x12, 0x4a, 0x22, 0x5b, 0x7b, 0x7d, 0x5c, 0x30];
const TOKENS = [
  'null',
  'true',
  '-1',
  '1e999',
  '18446744073709551616',
  '"\\ud800"',
  '[',
  '{',
  ']',
  '}',
  ',',
  '\n',
  '""',
  '\u0000',
];

/** One to five changes: bits, bytes, cuts, copies, insertions, and words that parsers trip over. */
export function mutate(source, random) {
  let body = Buffer.from(source);
  for (let count = 1 + random(5); count > 0 && body.length > 0; count--) {
    const at = random(body.length);
    const to = Math.min(body.length, at + 1 + random(40));
    switch (random(8)) {
      case 0:
        body[at] ^= 1 << random(8);
        break;
      case 1:
        body[at] = WORDS[random(WORDS.length)];
        break;
      case 2:
        body = body.subarray(0, at);
        break;
      case 3:
        body = Buffer.concat([body.subarray(0, to), body.subarray(at)]);
        break;
      case 4:
        body = Buffer.concat([body.subarray(0, at), body.subarray(to)]);
        break;
      case 5:
        body = Buffer.concat([
          body.subarray(0, at),
          Buffer.from(TOKENS[random(TOKENS.length)]),
          body.subarray(at),
        ]);
        break;
      case 6:
        body = Buffer.concat([
          body.subarray(0, at),
          Buffer.from([random(256), random(256), random(256)]),
          body.subarray(at),
        ]);
        break;
      default:
        body.fill(random(256), at, to);
    }
    body = Buffer.from(body);
  }
  return body;
}
