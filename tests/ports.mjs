// Ports for servers that come back where they were.
import { createServer } from 'node:net';

/** Below the range that the system deals out itself: no other may have one while its server is away. */
const STEADY = { first: 12_000, count: 20_000 };

/**
 * A port on which nobody listens, and which nobody is given who asks the system for any. Where a server is started
 * once, let it ask for port 0 and say which it has.
 * @returns {Promise<number>}
 */
export async function steadyPort() {
  for (;;) {
    const port = STEADY.first + Math.floor(Math.random() * STEADY.count);
    const free = await new Promise((resolve) => {
      const server = createServer()
        .on('error', () => resolve(false))
        .listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}
