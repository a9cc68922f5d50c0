/** Where pictures come from, and what is copied for each. The commands are those of docs/. */

/** What stands for a key where none is known. */
export const NO_KEY = 'YOUR_KEY';

const NO_ADMIN_KEY = 'YOUR_ADMIN_KEY';
/** What stands for the key that the step before prints. */
const NO_PUBLIC_KEY = 'YOUR_PUBLIC_KEY';

export interface Place {
  /** This server, as the browser reached it. */
  readonly url: string;
  readonly otlp_http: string | null;
  readonly otlp_grpc: string | null;
  /** null: this machine needs none. */
  readonly key: string | null;
}

export interface Step {
  readonly title: string;
  readonly command?: string;
  /** A file or a program, not lines of a shell. */
  readonly plain?: boolean;
}

export interface Source {
  readonly id: string;
  readonly name: string;
  readonly short: string;
  readonly steps: readonly Step[];
  /** What of it is stored when the steps above are done, and what is not; as the page `doc` says in full. */
  readonly stored: string;
  readonly not: string;
  /** Page of the documentation. */
  readonly doc: string;
}

const USUAL_URL = 'http://127.0.0.1:4300';
const lines = (...all: (string | false | null)[]): string => all.filter((line) => line).join('\n');

/** `export PEGBAR_URL=… PEGBAR_KEY=…`, where the usual ones will not do. */
function environment({ url, key }: Place): string | null {
  const set = [url === USUAL_URL ? '' : `PEGBAR_URL=${url}`, key === null ? '' : `PEGBAR_KEY=${key}`];
  const told = set.filter((one) => one !== '');
  return told.length === 0 ? null : `export ${told.join(' ')}`;
}

const init = ({ url, key }: Place, open: string, close: string, assign: string): string => {
  const told = [
    ...(url === USUAL_URL ? [] : [`${open}url${assign}'${url}'`]),
    ...(key === null ? [] : [`${open}key${assign}'${key}'`]),
  ];
  return told.length === 0 ? '' : `${told.join(', ')}${close}`;
};

export function sourcesOf(place: Place): readonly Source[] {
  return [
    folder(place),
    comfyui(place),
    python(place),
    node(place),
    browser(place),
    collector(place),
    curl(place),
  ];
}

const folder = (place: Place): Source => ({
  id: 'folder',
  name: 'Image folder',
  short: 'A1111, Forge, InvokeAI',
  stored:
    'what each file tells of itself (model, LoRAs, sampler, seed, size, prompt, the graph of ComfyUI), its place, its digest and a small picture of it.',
  not: 'the picture itself, which stays where it is; what failed; and with most generators how long it took: files do not tell.',
  doc: 'docs/pictures.md',
  steps: [
    {
      title: 'Import everything below a folder; the pictures stay where they are',
      command: lines(environment(place), 'npx pegbar import images ~/ComfyUI/output'),
    },
    {
      title: 'And everything that comes',
      command: lines(environment(place), 'npx pegbar watch ~/ComfyUI/output'),
    },
  ],
});

const comfyui = (place: Place): Source => ({
  id: 'comfyui',
  name: 'ComfyUI',
  short: 'no code, one folder',
  stored:
    'each prompt with its outcome, wait, stages and the time of every node; its model, LoRAs, sampler, seed, text and graph; loads of models, VRAM, versions, the host’s name; pictures by their place and digest, with a small one where ComfyUI runs beside this server.',
  not: 'pictures themselves, previews, tracebacks, and extra_data but for a few words. From outside there are no loads of models, no VRAM and no small pictures either.',
  doc: 'docs/comfyui.md',
  steps: [
    {
      title: 'Copy one folder to where ComfyUI runs, then restart it',
      command: lines(
        'cp -r python/comfyui_pegbar /path/to/ComfyUI/custom_nodes/',
        environment(place) && '# in the environment of ComfyUI',
        environment(place),
      ),
    },
    { title: 'Queue any prompt: its model, LoRAs, sampler, seed and pictures are read from the graph' },
    {
      title: 'Or from outside, with nothing installed in ComfyUI and with less detail',
      command: lines(environment(place), 'npx pegbar agent comfyui --url http://127.0.0.1:8188'),
    },
  ],
});

/** Spans go to port 4318 of the same host unless another address is told. */
function pythonInit({ url, key, otlp_http }: Place): string {
  const beside = `http://${new URL(url).hostname}:4318`;
  return [
    url === USUAL_URL ? '' : `'${url}'`,
    key === null ? '' : `key='${key}'`,
    otlp_http === null || otlp_http === beside ? '' : `otlp_url='${otlp_http}'`,
  ]
    .filter((one) => one !== '')
    .join(', ');
}

const python = (place: Place): Source => ({
  id: 'python',
  name: 'diffusers',
  short: 'three lines of Python',
  stored:
    'each call with its outcome, stages and time per step; prompts, seeds, steps, size, scheduler, model and LoRAs; GPU time, peak of VRAM, versions; each picture by an id, with a small one of it.',
  not: 'pictures in full, unless you upload them; who asked and how long they waited, unless you say so. prompts=False and thumbnails=False keep both on your machine.',
  doc: 'docs/python.md',
  steps: [
    { title: 'Install it, in a clone of Pegbar', command: "pip install './python[pictures]'" },
    {
      title: 'Wrap a pipeline: every call is a request with its stages, settings and pictures',
      plain: true,
      command: lines(
        'import pegbar',
        `pegbar.init(${pythonInit(place)})`,
        'pegbar.instrument(pipe)         # any diffusers pipeline',
      ),
    },
  ],
});

const node = (place: Place): Source => {
  const told = init(place, '', '', ': ');
  return {
    id: 'node',
    name: 'Node, OTel JS',
    short: 'a service of yours',
    stored:
      'what your code says of requests, stages and pictures, with times and outcomes; of another OpenTelemetry SDK its spans, metrics and logs, with their attributes.',
    not: 'what nobody says: settings, pictures, costs. A span without pegbar.stage is seen in its trace and counts in no figure.',
    doc: 'docs/node.md',
    steps: [
      {
        title: 'Make the package in a clone of Pegbar, and add it to your service',
        command: lines(
          'npm pack -w packages/sdk-node',
          'cd ../my-service && npm i ../pegbar/pegbar-node-0.1.0.tgz',
        ),
      },
      {
        title: 'Say what is a request and what a stage',
        plain: true,
        command: lines(
          "import { init, withRequest, withStage } from '@pegbar/node';",
          `init({ service: 'renderer'${told === '' ? '' : `, ${told}`} });`,
          "await withRequest({ request_id: 'r-1', workload: 'single_image', model: { version: 'v7' } }, () =>",
          "  withStage('generate', { params: { steps: 20, seed: 42 } }, async () => render()),",
          ');',
        ),
      },
      {
        title: 'Or any OpenTelemetry SDK, with the attribute pegbar.stage on its spans',
        command: otel(place),
      },
    ],
  };
};

const otel = ({ otlp_http, key }: Place): string =>
  lines(
    `export OTEL_EXPORTER_OTLP_ENDPOINT=${otlp_http ?? 'http://127.0.0.1:4318'}`,
    'export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf',
    key !== null && `export OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer%20${key}"`,
  );

const browser = (place: Place): Source => ({
  id: 'browser',
  name: 'Browser',
  short: 'what viewers really saw',
  stored:
    'of each clip, second by second, the frames that were shown, dropped, held and repeated, and stalls; and what people did with a picture.',
  not: 'pictures, cookies and who looks: a view has a number of its own, unless you name a session.',
  doc: 'docs/browser.md',
  steps: [
    {
      title: 'A public key may only send frames and feedback, from the origins it is made for',
      command: lines(
        // The key above may only send: another one is made by who may make keys.
        environment({ ...place, key: place.key === null ? null : NO_ADMIN_KEY }),
        'npx pegbar keys create --tenant studio --scopes beacon --origins https://studio.example',
      ),
    },
    {
      title: 'The file of the SDK, beside your pages',
      command: 'npm pack -w packages/sdk-browser && cp packages/sdk-browser/dist/pegbar.js ../my-site/',
    },
    {
      title: 'Track the player',
      plain: true,
      command: lines(
        '<script type="module">',
        "  import { init } from '/pegbar.js';",
        `  const pegbar = init({ url: '${place.url}', key: '${NO_PUBLIC_KEY}' });`,
        "  pegbar.track(document.getElementById('preview'), { sequence_id: 'seq-1', workload: 'animation', declared_fps: 24 });",
        '</script>',
      ),
    },
  ],
});

const collector = ({ otlp_http, key }: Place): Source => ({
  id: 'collector',
  name: 'Collector',
  short: 'one exporter',
  stored: 'all spans, metrics and logs that pass through these pipelines, with their attributes.',
  not: 'pictures: their ids may stand in attributes. A span without pegbar.stage is seen in its trace and counts in no figure; docs/otlp.md turns your names into ours.',
  doc: 'docs/otlp.md',
  steps: [
    {
      title: 'Add an exporter to the Collector that you run',
      plain: true,
      command: lines(
        'exporters:',
        '  otlphttp/pegbar:',
        `    endpoint: ${otlp_http ?? 'http://127.0.0.1:4318'}`,
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the Collector fills it in
        key !== null && '    headers: { authorization: "Bearer ${env:PEGBAR_KEY}" }',
        'service:',
        '  pipelines:',
        '    traces: { receivers: [otlp], exporters: [otlphttp/pegbar] }',
        '    metrics: { receivers: [otlp], exporters: [otlphttp/pegbar] }',
        '    logs: { receivers: [otlp], exporters: [otlphttp/pegbar] }',
      ),
    },
    ...(key === null ? [] : [{ title: 'In its environment', command: `export PEGBAR_KEY=${key}` }]),
  ],
});

const curl = ({ url, key }: Place): Source => ({
  id: 'curl',
  name: 'curl',
  short: 'one JSON object',
  stored:
    'the fields that you send, as one stage of one request; and the picture in full, with a small one of it.',
  not: 'what the line does not say. A line that is wrong is named in the answer, and the good ones are kept.',
  doc: 'docs/api.md',
  steps: [
    {
      title: 'One line per finished stage, from any language',
      command: lines(
        `curl -s ${url}/api/v1/events -H 'content-type: application/x-ndjson' \\`,
        key !== null && `  -H 'authorization: Bearer ${key}' \\`,
        `  --data-binary '{"timestamp":'$(date +%s)'000,"request_id":"r-1","pipeline_stage":"generate","workload":"single_image","model":{"version":"v7"},"metrics":{"latency_ms":1840},"outcome":"succeeded"}'`,
      ),
    },
    {
      title: 'And its picture',
      command: lines(
        `curl -s -X PUT ${url}/api/v1/artifacts/i-1 -H 'content-type: image/png' \\`,
        key !== null && `  -H 'authorization: Bearer ${key}' \\`,
        '  --data-binary @picture.png',
      ),
    },
  ],
});

/** What may be shown on a screen that others see: the key but for its beginning hidden. */
export const masked = (text: string, key: string | null): string =>
  key === null ? text : text.replaceAll(key, `${key.slice(0, SHOWN)}${'•'.repeat(12)}`);
const SHOWN = 6;
