import { PNG } from 'pngjs';

/** A picture that is kept and was told as flagged just now; its id. `headers` carry the key where one is demanded. */
export async function flaggedPicture(
  url: string,
  tenant: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  const image_id = `img_review_${Date.now()}`;
  const png = new PNG({ width: 32, height: 32 });
  png.data.fill(180);
  const post = async (method: string, path: string, type: string, body: BodyInit): Promise<void> => {
    const answer = await fetch(url + path, { method, headers: { ...headers, 'content-type': type }, body });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  };
  await post('PUT', `/api/v1/artifacts/${image_id}?tenant=${tenant}`, 'image/png', PNG.sync.write(png));
  const record = {
    tenant,
    request_id: `req_${image_id}`,
    image_id,
    timestamp: Date.now() - 1_000,
    pipeline_stage: 'generate',
    outcome: 'succeeded',
    workload: 'single_image',
    quality: { nsfw_flag: true },
  };
  await post('POST', '/api/v1/events', 'application/json', JSON.stringify(record));
  await post('POST', '/api/v1/flush', 'application/json', '{}');
  return image_id;
}
