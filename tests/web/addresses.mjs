// Every page that needs no id, by name: what the tests visit and the screenshots show. A new page gets a line.
export const ADDRESSES = [
  ['home', '/'],
  ['start', '/start'],
  ['requests', '/requests?from=now-24h'],
  ['animation', '/animation?from=now-24h'],
  ['single', '/single?from=now-24h'],
  ['panels', '/panels?from=now-24h'],
  ['cost', '/cost'],
  ['gallery', '/images'],
  ['gallery-groups', '/images?group=loras'],
];
