/** Why a server did not start, in words for whoever started it. */
import type { ServerConfig } from './config/index.ts';
import { StartError } from './start-error.ts';
import { EngineStartError } from './store/engine/index.ts';

export interface Trouble {
  message: string;
  /** What to do; empty where nobody knows. */
  cure: string;
}

type Doors = Pick<ServerConfig, 'host' | 'port' | 'otlp_http_port' | 'otlp_grpc_port'>;

export function troubleOf(error: unknown, config: Doors): Trouble {
  if (error instanceof StartError || error instanceof EngineStartError)
    return { message: error.message, cure: error.cure };
  const { code, syscall, port, message } = error as NodeJS.ErrnoException & { port?: number };
  if (syscall !== 'listen') return { message: message ?? String(error), cure: '' };
  const [option, what] = optionOf(config, port);
  const door = `${option} ${port ?? ''} (${what})`;
  switch (code) {
    case 'EADDRINUSE':
      return {
        message: `${door} is taken: something else listens there on ${config.host}`,
        cure: `stop it (\`ss -ltnp\` names it), or choose another port with ${option}; 0 takes any free one`,
      };
    case 'EACCES':
      return {
        message: `${door} may not be opened by this user`,
        cure: `choose a port from 1024 on with ${option}`,
      };
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return {
        message: `--host ${config.host} is no address of this machine`,
        cure: '127.0.0.1 is this machine alone, 0.0.0.0 every address of it',
      };
    default:
      return { message: `${door}: ${message}`, cure: '' };
  }
}

function optionOf(config: Doors, port: number | undefined): readonly [option: string, what: string] {
  if (port === config.otlp_http_port) return ['--otlp-http-port', 'OTLP over HTTP'];
  if (port === config.otlp_grpc_port) return ['--otlp-grpc-port', 'OTLP over gRPC'];
  return ['--port', 'API and UI'];
}
