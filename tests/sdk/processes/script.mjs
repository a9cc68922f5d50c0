// A script that neither flushes nor shuts down.
import { feedback, init, withRequest, withStage } from '@pegbar/node';

const [url, otlp_url] = process.argv.slice(2);
init({ service: 'script', url, otlp_url });
withRequest({ request_id: 'script-1' }, () => withStage('generate', () => undefined));
feedback({ image_id: 'script-1', action: 'edit' });
console.log('{}');
