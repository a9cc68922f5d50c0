/** Where a request comes from, as far as a limit may believe it. */
import { BlockList, isIP } from 'node:net';

/** Loopback, private and link-local: where a reverse proxy of ours stands, and nobody from outside. */
const NEAR = new BlockList();
for (const [net, bits] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
] as const)
  NEAR.addSubnet(net, bits, 'ipv4');
NEAR.addAddress('::1', 'ipv6');
NEAR.addSubnet('fc00::', 7, 'ipv6');
NEAR.addSubnet('fe80::', 10, 'ipv6');

const GROUPS = 8;
/** A household or a machine has a /64 and any address in it. */
const GROUPS_OF_ONE = 4;

/**
 * A name for the client to count by: an IPv4 address, or the /64 network of an IPv6 one; '' where nothing is known.
 * `X-Forwarded-For` counts only where the peer is near, and of it only the last entry: what our proxy saw. A client
 * may write all others.
 */
export function clientAddress(peer: string, forwardedFor: string | undefined): string {
  const near = plain(peer);
  const last = forwardedFor?.split(',').at(-1)?.trim() ?? '';
  const told = plain(last);
  return network(isIP(told) !== 0 && isNear(near) ? told : near);
}

function isNear(address: string): boolean {
  const version = isIP(address);
  return version !== 0 && NEAR.check(address, version === 4 ? 'ipv4' : 'ipv6');
}

/** IPv4 in an IPv6 socket, brackets and zones are only ways to write. */
const plain = (address: string): string =>
  address
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/^::ffff:(?=\d+\.)/i, '')
    .replace(/%.*$/, '');

function network(address: string): string {
  if (isIP(address) !== 6) return isIP(address) === 4 ? address : '';
  const [before = '', after] = address.toLowerCase().split('::');
  const head = before === '' ? [] : before.split(':');
  const tail = after === undefined || after === '' ? [] : after.split(':');
  const zeros = after === undefined ? 0 : GROUPS - head.length - tail.length;
  const groups = [...head, ...new Array<string>(Math.max(0, zeros)).fill('0'), ...tail];
  return `${groups
    .slice(0, GROUPS_OF_ONE)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
